from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from arena.daemon.enforcement import open_doors
from arena.model.address import Address


@asynccontextmanager
async def service(status: int) -> AsyncIterator[Address]:
    """Answers everything with `status`; 0: nothing ever."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"authorization" not in head.lower()
        if status:
            writer.write(b"HTTP/1.1 %d X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status)
            await writer.drain()
        else:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield Address("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()


async def test_who_answers_a_stranger_is_named() -> None:
    async with AsyncExitStack() as stack:
        statuses = (401, 403, 503, 404, 200, 302, 500, 0)
        places = {f"web-{status}": await stack.enter_async_context(service(status)) for status in statuses}
        told = await open_doors(places | {"web-gone": Address("127.0.0.1", 1)})
    assert sorted(told) == ["web-200", "web-302", "web-404", "web-500"]
    assert "answered 404, not 401" in told["web-404"]


async def test_nobody_is_asked_where_nothing_is_guarded() -> None:
    assert await open_doors({}) == {}
