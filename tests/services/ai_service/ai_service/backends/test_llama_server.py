"""A model server that is not ours: llama.cpp's own HTTP server, which Ollama-like tools are built on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from ai_service.backends import weights
from ai_service.backends.openai_compatible import OpenAICompatible
from ai_service.chat import Chat, Delta, Finish, Message, Sampling
from ai_service.failure import ContextOverflow, UpstreamFailed

from tests.ports import free_port
from tests.services.ai_service.conftest import answers, until

LLAMA = """
import sys
import xllamacpp

params = xllamacpp.CommonParams()
params.model.path, params.port, params.api_keys = sys.argv[1], int(sys.argv[2]), ["sk-right"]
params.n_ctx, params.n_parallel, params.cpuparams.n_threads, params.warmup = 512, 1, 1, False
server = xllamacpp.Server(params)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    found = weights.find()
    assert found is not None
    port = free_port()
    log = Path(tmp_path_factory.mktemp("llama") / "log")
    with log.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", LLAMA, str(found.path), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=err,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n", log.read_text()
        until(lambda: answers(port))
        yield f"http://127.0.0.1:{port}/v1"
        process.communicate()


@pytest.fixture
async def backend(url: str) -> AsyncIterator[OpenAICompatible]:
    made = OpenAICompatible(url, "sk-right", "any")
    yield made
    await made.close()


def chat(prompt: str = "Name three animals.", *, stream: bool = False, **sampling: object) -> Chat:
    wanted = Sampling(**{"max_tokens": 6, "temperature": 0.0, **sampling})  # type: ignore[arg-type] # fields of Sampling
    return Chat((Message("system", "Obey."), Message("user", prompt)), wanted, stream)


async def ask(backend: OpenAICompatible, question: Chat) -> tuple[str, Finish]:
    *deltas, finish = [event async for event in backend.generate(question)]
    assert isinstance(finish, Finish)
    return "".join(delta.text for delta in deltas if isinstance(delta, Delta)), finish


async def test_whole_and_streamed(backend: OpenAICompatible) -> None:
    whole = await ask(backend, chat())
    assert await ask(backend, chat(stream=True)) == whole
    text, finish = whole
    assert text
    assert finish.reason == "length"
    assert finish.usage is not None
    assert finish.usage.completion_tokens == 6


async def test_sampling_is_honoured(backend: OpenAICompatible) -> None:
    text, _ = await ask(backend, chat())
    stop = text[4:7]
    assert await ask(backend, chat(stop=(stop,))) != (text, "length")
    seeded = chat(temperature=1.5, seed=3)
    assert await ask(backend, seeded) == await ask(backend, seeded)


async def test_a_prompt_that_does_not_fit(backend: OpenAICompatible) -> None:
    for stream in (False, True):
        with pytest.raises(ContextOverflow, match="512"):
            await ask(backend, chat("☃ " * 500, stream=stream))


async def test_health_and_a_wrong_key(backend: OpenAICompatible, url: str) -> None:
    assert (await backend.health()).status == "healthy"
    stranger = OpenAICompatible(url, "sk-wrong", "any")
    with pytest.raises(UpstreamFailed, match="ARENA_AI_API_KEY"):
        await ask(stranger, chat())
    await stranger.close()
