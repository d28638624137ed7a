"""One connection to the store: commands go out as they come, replies come back in the same order (pipelining).

hiredis reads and writes the protocol (RESP2). A call that is not answered within PATIENCE ends the connection, because on
one pipeline everything behind it would wait too. Source: https://valkey.io/topics/protocol/.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import hiredis

from arena.model.store import StoreAddress

PATIENCE = 0.5  # seconds


class StoreDown(Exception):
    """The store did not answer: it was not reached, or the connection was lost or too slow."""


class StoreRefused(Exception):
    """The store answered with an error; the text is its own."""


class Link(asyncio.Protocol):
    """`lost` is done, with the reason as its result, once the connection is gone."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader()
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._reason = "it closed the connection"
        self.lost: asyncio.Future[str] = self._loop.create_future()

    def call(self, *words: str | bytes | int | float) -> asyncio.Future[Any]:
        """Send a command. The future raises StoreDown or StoreRefused."""
        reply: asyncio.Future[Any] = self._loop.create_future()
        if self.lost.done():
            reply.set_exception(StoreDown(self._reason))
            return reply
        now = self._loop.time()
        self._waiting.append((now + PATIENCE, reply))
        if self._timer is None:
            self._timer = self._loop.call_at(now + PATIENCE, self._check)
        self.transport.write(hiredis.pack_command(words))  # type: ignore[arg-type]  # its stub forgets tuples of words
        return reply

    def close(self) -> None:
        """End the connection; what waits for a reply is told that it is lost."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream's transport is read-write

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not False:
                self._answer(reply)
        except (hiredis.HiredisError, IndexError):
            self._reason = "it does not speak the protocol of Valkey and Redis"
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._reason = str(exc)
        if self._timer is not None:
            self._timer.cancel()
        if not self.lost.done():
            self.lost.set_result(self._reason)
        for _, reply in self._waiting:
            if not reply.done():
                reply.set_exception(StoreDown(self._reason))
        self._waiting.clear()

    def _answer(self, reply: Any) -> None:
        _, waiting = self._waiting.popleft()
        if waiting.done():
            return  # whoever asked has gone
        if isinstance(reply, hiredis.ReplyError):
            waiting.set_exception(StoreRefused(str(reply)))
        else:
            waiting.set_result(reply)

    def _check(self) -> None:
        """End the connection if its oldest call is late; else look again when that one would be."""
        self._timer = None
        if not self._waiting:
            return
        due = self._waiting[0][0]
        if due <= self._loop.time():
            self._reason = f"it did not answer within {PATIENCE:g} s"
            self.transport.abort()
        else:
            self._timer = self._loop.call_at(due, self._check)


async def connect(address: StoreAddress) -> Link:
    """Connect, and identify ourselves. Raises StoreDown or StoreRefused."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE):
            if address.path:
                _, link = await loop.create_unix_connection(Link, address.path)
            else:
                _, link = await loop.create_connection(Link, address.host, address.port)
    except TimeoutError:
        raise StoreDown(f"it accepted no connection within {PATIENCE:g} s") from None
    except OSError as error:
        raise StoreDown(str(error.strerror or error)) from None
    try:
        if address.password:
            await link.call("AUTH", *filter(None, (address.username, address.password)))
        if address.database:
            await link.call("SELECT", address.database)
    except (StoreDown, StoreRefused):
        link.close()
        raise
    return link
