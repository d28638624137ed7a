"""A server on a free port that answers with whatever bytes a test gives it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from arena.model.address import Address

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class RawServer:
    """`replies` are sent one per connection, the last one again and again; b"" means: accept and stay silent."""

    def __init__(self) -> None:
        self.replies: list[bytes] = [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"]
        self.heads: list[bytes] = []
        self.address = Address("127.0.0.1", 0)
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.address.port)
        self.address = Address("127.0.0.1", self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._open:
                writer.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            if not reply:
                await reader.read()
            writer.write(reply)
            await writer.drain()
            if b"chunked" in reply or b"stay" in reply:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the prober left first
        finally:
            self._open.discard(writer)
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    """A RawServer that listens until the test ends."""
    raw = RawServer()
    await raw.start()
    yield raw
    await raw.stop()
