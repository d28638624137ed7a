"""What every backend promises, held against each of them: the embedded model, and another ai_service over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest
import pytest_asyncio
from ai_service.backends.base import Backend
from ai_service.backends.embedded import Embedded
from ai_service.backends.openai_compatible import OpenAICompatible
from ai_service.chat import Chat, Delta, Finish, Message, Sampling, Usage
from ai_service.failure import ContextOverflow

from tests.services.ai_service.conftest import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["embedded", "openai_compatible"])
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    if request.param == "embedded":
        made: Backend = Embedded()
    else:
        service: Service = request.getfixturevalue("service")
        made = OpenAICompatible(f"{service.url}/v1", "unused", "arena-gpt")
    await made.start()
    yield made
    await made.close()


def chat(prompt: str = "Name three animals.", max_tokens: int | None = 6, **sampling: object) -> Chat:
    wanted = Sampling(max_tokens=max_tokens, temperature=0)
    # A short system message takes the place of the template's long one, which would be most of the work.
    return Chat((Message("system", "Obey."), Message("user", prompt)), replace(wanted, **sampling))  # type: ignore[arg-type] # fields of Sampling


async def ask(backend: Backend, question: Chat) -> tuple[str, Finish]:
    events = [event async for event in backend.generate(question)]
    *deltas, finish = events
    assert isinstance(finish, Finish)
    assert all(isinstance(delta, Delta) and delta.text for delta in deltas)
    return "".join(delta.text for delta in deltas if isinstance(delta, Delta)), finish


async def test_it_is_healthy_and_says_what_it_is(backend: Backend) -> None:
    assert (await backend.health()).status == "healthy"
    assert backend.card.id == "arena-gpt"


@pytest.mark.parametrize(("tokens", "stream"), [(1, True), (5, False)])
async def test_max_tokens_is_exact(backend: Backend, tokens: int, stream: bool) -> None:
    text, finish = await ask(backend, replace(chat(max_tokens=tokens), stream=stream))
    assert text
    assert finish.reason == "length"
    assert finish.usage is not None
    assert finish.usage.completion_tokens == tokens


async def test_streamed_or_not_the_answer_is_the_same(backend: Backend) -> None:
    assert await ask(backend, chat()) == await ask(backend, replace(chat(), stream=True))


async def test_the_model_may_end_by_itself(backend: Backend) -> None:
    _, finish = await ask(backend, chat("Say hi.", max_tokens=60))
    assert finish.reason == "stop"


async def test_a_stop_string_is_not_in_the_text(backend: Backend) -> None:
    text, _ = await ask(backend, chat())
    stop = text[4:7]
    shorter, finish = await ask(backend, chat(stop=(stop,)))
    assert (shorter, finish.reason) == (text[: text.index(stop)], "stop")


async def test_usage_counts_the_prompt(backend: Backend) -> None:
    counts = [(await ask(backend, chat(prompt, max_tokens=1)))[1].usage for prompt in ("hi", "hi hi hi hi")]
    assert all(isinstance(count, Usage) for count in counts)
    short, long = (count.prompt_tokens for count in counts if count)
    assert long == short + 3


async def test_the_same_prompt_and_seed_give_the_same_text(backend: Backend) -> None:
    first, again = [await ask(backend, chat(temperature=1.0, seed=5)) for _ in range(2)]
    others = {(await ask(backend, chat(temperature=1.0, seed=seed)))[0] for seed in range(6, 8)}
    assert first == again
    assert len(others | {first[0]}) > 1


async def test_the_same_text_whatever_else_goes_on(backend: Backend) -> None:
    alone = await ask(backend, chat())
    others = [ask(backend, chat(f"Tell me about the number {number}.")) for number in range(1)]
    together = await asyncio.gather(ask(backend, chat()), *others, ask(backend, chat()))
    assert together[0] == together[-1] == alone


async def test_leaving_early_stops_the_model(backend: Backend) -> None:
    endless = replace(chat("Write a very long story about a fox.", max_tokens=1500), stream=True)
    async with aclosing(backend.generate(endless)) as answer:
        assert isinstance(await anext(answer), Delta)
    began = time.monotonic()
    await ask(backend, chat("hi", max_tokens=1))
    assert time.monotonic() - began < 5  # the story would have taken some 20 seconds more


async def test_leaving_the_queue_costs_the_others_nothing(backend: Backend) -> None:
    waiting = [asyncio.create_task(ask(backend, chat("Write a very long story.", max_tokens=1500))) for _ in range(3)]
    await asyncio.sleep(0.05)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    began = time.monotonic()
    await ask(backend, chat("hi", max_tokens=1))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("question", [chat(max_tokens=2040), chat("☃ " * 1500, max_tokens=1)])
async def test_what_does_not_fit_the_context_is_said(backend: Backend, question: Chat) -> None:
    with pytest.raises(ContextOverflow, match="2048"):
        await ask(backend, question)


async def test_the_context_can_be_filled_to_the_last_token(backend: Backend) -> None:
    prompt = "Write a very long story about a fox."
    _, short = await ask(backend, chat(prompt, max_tokens=1))
    assert short.usage is not None
    room = 2048 - short.usage.prompt_tokens
    with pytest.raises(ContextOverflow):
        await ask(backend, chat(prompt, max_tokens=room + 1))
    async with aclosing(backend.generate(replace(chat(prompt, max_tokens=room), stream=True))) as answer:
        assert isinstance(await anext(answer), Delta)
