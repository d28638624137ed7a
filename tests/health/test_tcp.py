"""health.tcp: real ports, open, shut and deaf."""

import asyncio
import time

import pytest

from arena.health import tcp
from arena.health.probe import ask
from arena.model.address import Address
from arena.model.service import Probe
from tests.ports import black_hole


async def test_who_accepts_is_healthy_and_is_let_go_at_once(server) -> None:
    assert await tcp.connect("127.0.0.1", server.address.port, 2.0) == (
        True,
        f"127.0.0.1:{server.address.port} accepts connections",
    )
    async with asyncio.timeout(5):
        while server._open:
            await asyncio.sleep(0.01)
    assert server.heads == [], "nothing was sent"


async def test_a_closed_port_refuses(server) -> None:
    await server.stop()
    ok, detail = await tcp.connect("127.0.0.1", server.address.port, 2.0)
    assert (ok, detail) == (False, f"connection refused on 127.0.0.1:{server.address.port}")


async def test_a_name_that_nobody_has() -> None:
    assert await tcp.connect("no-such-host.invalid", 80, 5.0) == (False, "no such host: no-such-host.invalid")


async def test_an_address_that_cannot_be_reached_says_why() -> None:
    ok, detail = await tcp.connect("255.255.255.255", 80, 2.0)
    assert not ok
    assert detail.startswith("no connection to 255.255.255.255:80: ")


async def test_one_whose_backlog_is_full_times_out() -> None:
    with black_hole() as port:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await tcp.connect("127.0.0.1", port, 0.2)
        assert time.monotonic() - began < 5


async def test_the_probe_asks_the_instances_own_port_or_another_of_its_host(server) -> None:
    own, dead = server.address, Address("127.0.0.1", 1)
    assert (await ask(Probe(tcp=0), own)).ok
    assert (await ask(Probe(tcp=own.port), dead)).ok
    assert (await ask(Probe(tcp=0, timeout=1.0), dead)).detail == "connection refused on 127.0.0.1:1"


async def test_a_tcp_probe_without_an_address_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="address"):
        await ask(Probe(tcp=80), None)
