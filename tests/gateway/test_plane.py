"""gateway.plane: what is shared, and the end of it."""

from __future__ import annotations

import asyncio
import gc
import time
from dataclasses import replace

import pytest

from arena.model.project import Timeouts
from tests.gateway.kit import Client, Cut, Gateway, Start, Stub, Talk, connected, eventually, get


async def test_a_drain_lets_a_stream_end_and_refuses_what_is_new(gateway: Gateway, stub: Stub) -> None:
    go = asyncio.Event()

    async def stream(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        await go.wait()
        await talk.send(b"6\r\n world\r\n0\r\n\r\n")

    stub.answer = stream
    async with connected(gateway) as client, connected(gateway) as idle:
        assert (await idle.ask(get("/health"))).status == 200
        await client.send(get())
        await client.reader.readuntil(b"hello\r\n")
        draining = asyncio.create_task(gateway.plane.drain(gateway.server.close))
        assert await idle.at_end()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", gateway.port)
        assert not draining.done()
        go.set()
        assert await client.rest() == b"6\r\n world\r\n0\r\n\r\n"
        assert await draining


async def test_a_request_that_crosses_the_drain_is_answered_and_told_to_go(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get())).header("connection") is None
        draining = asyncio.create_task(gateway.plane.drain(gateway.server.close))
        await asyncio.sleep(0)
        reply = await client.ask(get())
        assert (reply.status, reply.header("connection")) == (200, "close")
        assert await client.at_end()
        assert await draining


async def test_a_drain_ends_when_its_time_is_up(start: Start, stub: Stub) -> None:
    async def silent(talk: Talk) -> None:
        await talk.reader.read(-1)

    stub.answer = silent
    gateway = await start(stub.endpoint(), timeouts=Timeouts(drain=0.2))
    async with connected(gateway) as client:
        await client.send(get())
        await eventually(lambda: stub.asked)
        began = time.monotonic()
        assert not await gateway.plane.drain(gateway.server.close)
        assert time.monotonic() - began < 2
        with pytest.raises(Cut):
            await client.reply()


async def test_connections_and_counters_return_to_nothing(gateway: Gateway, stub: Stub) -> None:
    async def once() -> None:
        async with connected(gateway) as client:
            assert (await client.ask(get())).status == 200

    await asyncio.gather(*(once() for _ in range(50)))
    await eventually(lambda: not gateway.plane.clients)
    assert gateway.plane.stats.in_flight == 0
    assert gateway.plane.stats.accepted == 50


async def test_an_exchange_is_garbage_as_soon_as_it_is_over(gateway: Gateway) -> None:
    """Reference cycles would make the collector part of every request."""
    from arena.gateway.exchange import Exchange

    async with connected(gateway) as client:
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                await client.ask(get())
            alive = [one for one in gc.get_objects() if isinstance(one, Exchange)]
        finally:
            gc.enable()
    assert len(alive) <= 1


async def test_many_clients_at_once(gateway: Gateway, stub: Stub) -> None:
    async def load(client: Client) -> list[int]:
        return [(await client.ask(get())).status for _ in range(20)]

    async def one() -> list[int]:
        async with connected(gateway) as client:
            return await load(client)

    statuses = await asyncio.gather(*(one() for _ in range(100)))
    assert {status for each in statuses for status in each} == {200}
    assert stub.connections <= 100


async def test_timeouts_follow_a_new_spec(start: Start) -> None:
    gateway = await start(timeouts=Timeouts(header=0.2))
    assert gateway.plane._sweep_every == pytest.approx(0.05)
    gateway.plane.configure(gateway.view.spec.settings.__class__())
    assert gateway.plane._sweep_every == pytest.approx(0.5)


async def test_connections_are_limited_as_the_file_says(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    spec = gateway.view.spec
    gateway.view.use_spec(replace(spec, settings=replace(spec.settings, max_connections=2)))
    async with connected(gateway) as one, connected(gateway) as two:
        assert [(await each.ask(get())).status for each in (one, two)] == [200, 200]
        async with connected(gateway) as three:
            reply = await three.reply()
            assert (reply.status, reply.header("connection"), reply.header("retry-after")) == (503, "close", "1")
            assert await three.at_end()
        gateway.view.use_spec(spec)
        async with connected(gateway) as three:
            assert (await three.ask(get())).status == 200


async def test_connections_of_one_address_are_limited_and_counted_down(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), max_connections_per_ip=2)
    for _ in range(3):
        async with connected(gateway) as one, connected(gateway) as two:
            assert [(await each.ask(get())).status for each in (one, two)] == [200, 200]
            async with connected(gateway) as three:
                reply = await three.reply()
                assert (reply.status, await three.at_end()) == (503, True)
                assert "from this address" in str(reply.json["detail"])
        await eventually(lambda: not gateway.plane.clients)
    assert gateway.plane._per_ip == {}
    assert gateway.plane.stats.turned_away == 3


async def test_a_limit_that_comes_later_counts_who_is_there_already(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    spec = gateway.view.spec
    limited = replace(spec, settings=replace(spec.settings, max_connections_per_ip=1))
    async with connected(gateway) as one, connected(gateway) as two:
        assert [(await each.ask(get())).status for each in (one, two)] == [200, 200]
        gateway.view.use_spec(limited)
        async with connected(gateway) as three:
            assert (await three.reply()).status == 503
        assert (await one.ask(get())).status == 200  # who is in stays
        gateway.view.use_spec(spec)
        async with connected(gateway) as three:
            assert (await three.ask(get())).status == 200
    await eventually(lambda: not gateway.plane.clients)


async def test_a_head_let_in_before_is_measured_by_a_new_limit(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    spec = gateway.view.spec
    head = get("/", b"X-Long: %b\r\n" % (b"y" * 1000))
    async with connected(gateway) as client:
        for _ in range(3):  # by now it is remembered
            assert (await client.ask(head)).status == 200
        gateway.view.use_spec(replace(spec, settings=replace(spec.settings, max_header_bytes=512)))
        (await client.ask(head)).problem(431, "header-too-large")
