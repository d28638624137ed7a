import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from ai_service.answering import ClientLeft, streamed, whole
from ai_service.backends.base import Answer
from ai_service.chat import Chat, Delta, Finish, Message
from ai_service.failure import Failure, UpstreamFailed
from fastapi import Request

from tests.services.ai_service.ai_service.scripted import Scripted

CHAT = Chat((Message("user", "x"),))
END = Finish("stop", None)


def request(*messages: str) -> Request:
    """A client from which `messages` come, and then nothing."""
    waiting = list(messages)

    async def receive() -> dict[str, str]:
        if not waiting:
            await asyncio.Event().wait()
        return {"type": waiting.pop(0)}

    return Request({"type": "http"}, receive)


async def body(answer: Answer) -> list[str]:
    response = await streamed(
        answer,
        lambda event: [{"t": event.text}] if isinstance(event, Delta) else [{"end": 1}],
        lambda failure: {"bad": failure.detail},
    )
    stream = response.body_iterator
    assert isinstance(stream, AsyncIterator)
    return [str(bytes(chunk), "utf-8").strip() async for chunk in stream]  # type: ignore[arg-type] # bytes, as written


async def test_whole_gathers_the_text() -> None:
    assert await whole(request(), Scripted(Delta("a"), Delta("☃"), END).generate(CHAT)) == ("a☃", END)


async def test_whole_stops_the_moment_the_client_leaves() -> None:
    stopped = asyncio.Event()

    async def endless() -> Answer:
        try:
            await asyncio.Event().wait()
            yield END
        finally:
            stopped.set()

    with pytest.raises(ClientLeft):
        await whole(request("http.request", "http.disconnect"), endless())
    assert stopped.is_set()


async def test_whole_passes_failures_on() -> None:
    with pytest.raises(UpstreamFailed):
        await whole(request(), Scripted(Delta("a"), UpstreamFailed("no")).generate(CHAT))
    with pytest.raises(Failure, match="without a finish"):
        await whole(request(), Scripted(Delta("a")).generate(CHAT))


async def test_streamed_is_events_and_done() -> None:
    answer = Scripted(Delta("a\n\n"), Delta("☃"), END).generate(CHAT)
    assert await body(answer) == ['data: {"t":"a\\n\\n"}', 'data: {"t":"☃"}', 'data: {"end":1}', "data: [DONE]"]


async def test_a_failure_before_the_first_event_is_raised() -> None:
    backend = Scripted(UpstreamFailed("no"))
    with pytest.raises(UpstreamFailed):
        await body(backend.generate(CHAT))
    assert backend.closed


async def test_a_failure_later_ends_the_stream_without_done() -> None:
    answer = Scripted(Delta("a"), UpstreamFailed("no")).generate(CHAT)
    assert await body(answer) == ['data: {"t":"a"}', 'data: {"bad":"no"}']


async def test_closing_the_stream_closes_the_answer() -> None:
    backend = Scripted(Delta("a"), Delta("b"), END)
    response = await streamed(backend.generate(CHAT), lambda event: [{}], lambda failure: {})
    async with aclosing(response.body_iterator) as stream:  # type: ignore[type-var] # it is an async generator
        await anext(stream)
        assert not backend.closed
    assert backend.closed
