"""daemon.worker: gateways that are asked, and waited for; tests/daemon/test_breakers.py and test_purges.py give them orders."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest

from arena.daemon.worker import Workers, no_answer
from arena.errors import ArenaError
from arena.model.address import Address


class Page:
    """A worker that tells `told`, and remembers the credentials it was shown."""

    def __init__(self) -> None:
        self.told: dict[str, object] = {"obeyed": 0.0}
        self.shown: list[bytes] = []
        self.status = b"200 OK"

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.shown += [line for line in head.split(b"\r\n") if line.lower().startswith(b"authorization")]
        body = json.dumps(self.told).encode()
        head = b"HTTP/1.1 %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (self.status, len(body))
        writer.write(head + body)
        await writer.drain()
        writer.close()


@pytest.fixture
async def page() -> AsyncIterator[tuple[Page, Address]]:
    page = Page()
    server = await asyncio.start_server(page, "127.0.0.1", 0)
    yield page, Address("127.0.0.1", server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()


async def test_who_answers_and_who_does_not(page: tuple[Page, Address]) -> None:
    one, address = page
    addresses = {"gateway-1": address, "gateway-2": Address("127.0.0.1", 1)}
    seen = await Workers(lambda: addresses, lambda: "secret").look("/x")
    assert (seen.pages, seen.silent, seen.obeyed) == ({"gateway-1": {"obeyed": 0.0}}, ("gateway-2",), 0.0)
    assert one.shown == [b"authorization: Bearer secret"]
    one.status = b"403 Forbidden"
    assert (await Workers(lambda: addresses, lambda: "t").look("/x")).silent == ("gateway-1", "gateway-2")
    with pytest.raises(ArenaError, match="no gateway runs"):
        await Workers(dict, lambda: "t").look("/x")


async def test_an_order_is_waited_for(page: tuple[Page, Address]) -> None:
    one, address = page
    workers = Workers(lambda: {"gateway-1": address}, lambda: "t")
    waiting = asyncio.ensure_future(workers.follow("/x", 5.0, 10.0))
    while len(one.shown) < 2:
        await asyncio.sleep(0.01)
    assert not waiting.done()
    one.told = {"obeyed": 5.0}
    assert (await waiting).obeyed == 5.0


async def test_who_is_late_says_why(page: tuple[Page, Address]) -> None:
    one, address = page
    one.told = {"obeyed": 1.0, "problem": "the store is down"}
    addresses = {"gateway-1": address}
    began = time.monotonic()
    with pytest.raises(ArenaError, match=r"not every gateway worker has followed within 0.2 s: the store is down"):
        await Workers(lambda: addresses, lambda: "t").follow("/x", 5.0, 0.2)
    assert time.monotonic() - began < 5.0
    addresses["gateway-2"] = Address("127.0.0.1", 1)
    with pytest.raises(ArenaError, match=r"gateway-2 did not answer within 0 s") as caught:
        await Workers(lambda: addresses, lambda: "t").follow("/x", 5.0, 0.0)
    assert "the order stands" in caught.value.hint
    assert "gateway-1 and gateway-2 do not answer" in no_answer(("gateway-1", "gateway-2")).message
