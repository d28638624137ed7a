from contextlib import aclosing

import pytest
from ai_service.chat import Chat, Delta, Finish, Message, Usage
from ai_service.failure import InputTooLong, UpstreamFailed
from ai_service.meter import Meter
from prometheus_client import CollectorRegistry

from tests.services.ai_service.ai_service.scripted import Scripted

CHAT = Chat((Message("user", "hello"),))
COUNT = "arena_ai_generation_seconds_count"


def metered(backend: Scripted, limit: int = 100) -> tuple[Meter, CollectorRegistry]:
    registry = CollectorRegistry()
    return Meter(backend, limit, registry), registry


async def test_tokens_are_the_models_own_count() -> None:
    meter, registry = metered(Scripted(Delta("a"), Finish("length", Usage(5, 7))))
    assert [type(event) async for event in meter.run(CHAT)] == [Delta, Finish]
    model = {"model": "scripted"}
    assert registry.get_sample_value("arena_ai_prompt_tokens_total", model) == 5
    assert registry.get_sample_value("arena_ai_completion_tokens_total", model) == 7
    assert registry.get_sample_value(COUNT, {**model, "outcome": "length"}) == 1


async def test_unknown_usage_counts_no_tokens() -> None:
    meter, registry = metered(Scripted(Finish("stop", None)))
    assert [event async for event in meter.run(CHAT)] == [Finish("stop", None)]
    assert registry.get_sample_value("arena_ai_prompt_tokens_total", {"model": "scripted"}) is None


async def test_leaving_and_failing_are_told_apart() -> None:
    backend = Scripted(Delta("a"), Delta("b"))
    meter, registry = metered(backend)
    async with aclosing(meter.run(CHAT)) as answer:
        assert await anext(answer) == Delta("a")
    assert backend.closed
    assert registry.get_sample_value(COUNT, {"model": "scripted", "outcome": "abandoned"}) == 1
    backend.events = (UpstreamFailed("no"),)
    with pytest.raises(UpstreamFailed):
        await anext(meter.run(CHAT))
    assert registry.get_sample_value(COUNT, {"model": "scripted", "outcome": "failed"}) == 1


async def test_too_much_input_never_reaches_the_backend() -> None:
    backend = Scripted(Finish("stop", None))
    meter, _ = metered(backend, limit=4)
    with pytest.raises(InputTooLong, match="5 characters; at most 4"):
        await anext(meter.run(CHAT))
    assert backend.asked == []
