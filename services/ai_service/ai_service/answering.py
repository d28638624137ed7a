"""The two ways an answer goes out: whole, or as server-sent events. Either way the generation ends when the client leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

from ai_service.backends.base import Answer
from ai_service.chat import Delta, Finish
from ai_service.failure import Failure

# Caches and nginx-like proxies in between must pass each event on at once.
_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}

Objects = Iterable[dict[str, Any]]


class ClientLeft(Exception):
    """Nobody is there to read the answer."""


async def whole(request: Request, answer: Answer) -> tuple[str, Finish]:
    """All the text and the finish. Raises ClientLeft as soon as the client hangs up, having stopped the generation."""
    reading = asyncio.create_task(_collect(answer), name="collect-answer")
    leaving = asyncio.create_task(_left(request), name="await-client-leaving")
    try:
        await asyncio.wait((reading, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            raise ClientLeft
        return reading.result()
    finally:
        reading.cancel()
        leaving.cancel()
        await asyncio.gather(reading, leaving, return_exceptions=True)


async def streamed(
    answer: Answer, write: Callable[[Delta | Finish], Objects], failed: Callable[[Failure], dict[str, Any]]
) -> StreamingResponse:
    """A stream of what `write` makes of each event, closed by [DONE].

    What fails before the first event is raised here, so that it gets a status of its own; what fails later ends the stream
    with the object `failed` makes, and no [DONE].
    """
    try:
        first = await anext(answer)
    except BaseException:
        await answer.aclose()
        raise
    return StreamingResponse(_body(first, answer, write, failed), media_type="text/event-stream", headers=_HEADERS)


async def _body(
    first: Delta | Finish,
    answer: Answer,
    write: Callable[[Delta | Finish], Objects],
    failed: Callable[[Failure], dict[str, Any]],
) -> AsyncIterator[bytes]:
    async with aclosing(answer):
        try:
            for item in write(first):
                yield _event(item)
            async for event in answer:
                for item in write(event):
                    yield _event(item)
        except Failure as failure:
            yield _event(failed(failure))
        else:
            yield b"data: [DONE]\n\n"


def _event(item: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(item, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


async def _collect(answer: Answer) -> tuple[str, Finish]:
    pieces: list[str] = []
    async with aclosing(answer):
        async for event in answer:
            if isinstance(event, Finish):
                return "".join(pieces), event
            pieces.append(event.text)
    raise Failure("the backend ended without a finish")


async def _left(request: Request) -> None:
    """The body has been read, so what comes next is the departure."""
    while (await request.receive())["type"] != "http.disconnect":
        continue
