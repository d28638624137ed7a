"""The whole body of a request, for filters that must see it before anybody else does.

Nothing is gathered unless a filter asks, and then up to the limit it names; the bytes are kept where the first attempt would
have kept them, so that the body can still be retried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.flow.answer import body_too_large
from arena.gateway.refusal import Refusal
from arena.gateway.wire.request import changed

if TYPE_CHECKING:
    from arena.gateway.table.route import Verdict

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def whole_body(x: Exchange, limit: int) -> Refusal | Awaitable[Verdict] | None:
    """None when the body of `x` is in `x.body` and not longer than `limit` bytes; a refusal when it is longer; else a wait
    that ends in one of these. A filter may return it as it is, or await it."""
    x.body_limit = min(x.body_limit, limit)
    if max(x.head.content_length, x.bytes_in) > x.body_limit:
        return body_too_large(x)
    return None if x.body_done else _gather(x)


def replace_body(x: Exchange, body: bytes) -> None:
    """Send `body` in the place of the one that was gathered."""
    x.body = body
    x.head = changed(x.head, content_length=len(body), chunked=False)


class Gathering:
    """The pieces so far."""

    __slots__ = ("_done", "_pieces")

    def __init__(self, first: bytes) -> None:
        self._pieces = [first]
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self, x: Exchange, piece: bytes) -> None:
        """Keep a piece; after the last the body is there."""
        self._pieces.append(piece)
        if x.body_done:
            x.body = b"".join(self._pieces)
            self._end()

    def give_up(self, _x: Exchange, _outcome: Outcome, _now: float) -> None:
        """The exchange is over before its body was whole."""
        self._end()

    async def wait(self) -> None:
        """Until the body is there, or will not come."""
        await self._done

    def _end(self) -> None:
        if not self._done.done():
            self._done.set_result(None)


async def _gather(x: Exchange) -> None:
    if x.over or x.body_done:
        return
    x.gathering = gathering = Gathering(x.body)
    x.at_end(gathering.give_up)
    if x.head.expect and not x.bytes_in and not x.head.old:
        x.client.write(_CONTINUE)
        x.head = changed(x.head, expect=False)  # said once
    x.client.go_on()
    await gathering.wait()
    x.gathering = None
