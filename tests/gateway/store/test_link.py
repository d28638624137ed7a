"""gateway.store.link: pipelining, and every way a server can fail to answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from arena.gateway.store import link as link_module
from arena.gateway.store.link import Link, StoreDown, StoreRefused, connect
from arena.model.store import StoreAddress
from tests import valkey

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Fake = Callable[[Serve], Awaitable[StoreAddress]]


@pytest.fixture(scope="module")
def server() -> Iterator[valkey.Server]:
    with valkey.running("--requirepass", "sesame") as one:
        yield one


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    """Listens as a server that behaves as it is told."""
    servers: list[asyncio.Server] = []

    async def listen(serve: Serve) -> StoreAddress:
        servers.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        return StoreAddress(port=servers[-1].sockets[0].getsockname()[1])

    yield listen
    for one in servers:
        one.close()


async def opened(server: valkey.Server) -> Link:
    return await connect(StoreAddress(path=server.address.path, password="sesame", database=3))


async def ended(link: Link) -> None:
    link.close()
    await link.lost


async def test_replies_come_to_whom_they_belong(server: valkey.Server) -> None:
    link = await opened(server)
    replies = await asyncio.gather(*(link.call("ECHO", f"{n}") for n in range(200)))
    assert replies == [b"%d" % n for n in range(200)]
    await ended(link)


async def test_an_error_is_its_callers_alone(server: valkey.Server) -> None:
    link = await opened(server)
    wrong, right = link.call("NONSENSE"), link.call("PING")
    with pytest.raises(StoreRefused, match="unknown command"):
        await wrong
    assert await right == b"PONG"
    await ended(link)


async def test_a_wrong_password_is_said(server: valkey.Server) -> None:
    with pytest.raises(StoreRefused, match="WRONGPASS"):
        await connect(StoreAddress(path=server.address.path, password="guess"))


async def test_nobody_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(StoreDown, match="No such file"):
        await connect(StoreAddress(path="/nonexistent/socket"))


async def test_what_waits_when_the_connection_ends_is_told(fake: Fake) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    link = await connect(await fake(hang_up))
    waiting = [link.call("PING") for _ in range(3)]
    for one in waiting:
        with pytest.raises(StoreDown, match="closed the connection"):
            await one
    with pytest.raises(StoreDown, match="closed"):
        await link.call("PING")


async def test_one_that_is_silent_for_too_long_is_left(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr(link_module, "PATIENCE", 0.05)
    link = await connect(await fake(sleep))
    with pytest.raises(StoreDown, match=r"did not answer within 0\.05 s"):
        await link.call("PING")
    assert "did not answer" in await link.lost


@pytest.mark.parametrize(
    "junk", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"+OK\r\n+OK\r\n", b"\x00\x01\x02\r\n", b"$-7\r\n"]
)
async def test_one_that_speaks_something_else_is_left(fake: Fake, junk: bytes) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(junk)
        await reader.read()
        writer.close()

    link = await connect(await fake(babble))
    waiting = link.call("PING")
    assert "does not speak" in await link.lost
    assert waiting.done()
    assert waiting.exception() is None or isinstance(waiting.exception(), StoreDown)


async def test_a_caller_who_left_shifts_nobodys_reply(server: valkey.Server) -> None:
    link = await opened(server)
    first, second = link.call("ECHO", "1"), link.call("ECHO", "2")
    first.cancel()
    assert await second == b"2"
    await ended(link)
