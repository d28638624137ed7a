"""gateway.gate, through a running gateway: who waits for a place, and in which turn."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from arena.model.concurrency import ConcurrencyLimit
from tests.gateway.kit import Start, Stub, Talk, connected, eventually, get, post
from tests.gateway.table.room import ROUTE, Valve, gate, nothing_left, valve, waiting

__all__ = ["valve"]  # a fixture


QUEUE = replace(ROUTE, concurrency=(ConcurrencyLimit(1, max_queue=2, queue_timeout=30.0),))


async def test_the_queue_is_served_in_turn_and_is_bounded(start: Start, stub: Stub, valve: Valve) -> None:
    gateway = await start(stub.endpoint(), routes=(QUEUE,))
    clients = [connected(gateway) for _ in range(4)]
    first, second, third, fourth = [await each.__aenter__() for each in clients]
    await first.send(get("/1"))
    await valve.asked(1)
    await second.send(get("/2"))
    await waiting(gateway)
    await third.send(post(b"with a body", "/3"))
    await waiting(gateway, 2)
    (await fourth.ask(get("/4"))).problem(503, "too-many-in-flight")
    valve.opened.set()
    assert [(await each.reply()).status for each in (first, second, third)] == [200] * 3
    assert [one.target for one in stub.asked] == ["/1", "/2", "/3"] and stub.asked[2].body == b"with a body"
    assert (gate(gateway).queued, gate(gateway).timeouts, gate(gateway).over) == (2, 0, 3)
    with nothing_left(gateway):
        for each in clients:
            await each.__aexit__(None, None, None)


async def test_patience_ends(start: Start, stub: Stub, valve: Valve) -> None:
    route = replace(ROUTE, concurrency=(ConcurrencyLimit(1, max_queue=2, queue_timeout=0.05),))
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(get("/"))
        await valve.asked(1)
        (await two.ask(get("/"))).problem(503, "too-many-in-flight")
        assert gate(gateway).timeouts == 1
        valve.opened.set()
        assert (await one.reply()).status == 200
        assert (await two.ask(get("/"))).status == 200
    with nothing_left(gateway):
        assert len(stub.asked) == 2


async def test_who_leaves_the_queue_takes_no_place_and_blocks_nobody(start: Start, stub: Stub, valve: Valve) -> None:
    gateway = await start(stub.endpoint(), routes=(QUEUE,))
    async with connected(gateway) as one, connected(gateway) as two, connected(gateway) as three:
        await one.send(get("/1"))
        await valve.asked(1)
        await two.send(get("/2"))
        await waiting(gateway)
        await three.send(get("/3"))
        await waiting(gateway, 2)
        two.leave()
        await waiting(gateway, 1)
        valve.opened.set()
        assert (await one.reply()).status == (await three.reply()).status == 200
        assert [each.target for each in stub.asked] == ["/1", "/3"]
    with nothing_left(gateway):
        assert gateway.plane.stats.outcomes["left"] == 1


async def test_who_leaves_with_a_place_gives_it_back_at_once(start: Start, stub: Stub, valve: Valve) -> None:
    gateway = await start(stub.endpoint(), routes=(QUEUE,))
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(get("/1"))
        await valve.asked(1)
        await two.send(get("/2"))
        await waiting(gateway)
        one.leave()
        await valve.asked(2)
        valve.opened.set()
        assert (await two.reply()).status == 200
    with nothing_left(gateway):
        pass


async def test_a_swap_keeps_the_count_and_more_places_serve_the_queue(start: Start, stub: Stub, valve: Valve) -> None:
    gateway = await start(stub.endpoint(), routes=(QUEUE,))
    async with connected(gateway) as one, connected(gateway) as two, connected(gateway) as three:
        await one.send(get("/"))
        await valve.asked(1)
        await two.send(get("/"))
        await waiting(gateway)
        gateway.endpoints(stub.endpoint())
        assert (gate(gateway).in_flight, gate(gateway).waiting) == (1, 1)
        more = replace(QUEUE, concurrency=(ConcurrencyLimit(2),))
        gateway.view.use_spec(replace(gateway.view.spec, routes=(more,)))
        await valve.asked(2)
        (await three.ask(get("/"))).problem(503, "too-many-in-flight")
        valve.opened.set()
        assert [(await each.reply()).status for each in (one, two)] == [200, 200]
    with nothing_left(gateway):
        pass


async def test_a_storm_of_leavers_loses_no_place(start: Start, stub: Stub) -> None:
    async def slow(talk: Talk) -> None:
        await asyncio.sleep(0.002)
        await talk.reply()

    stub.answer = slow
    route = replace(ROUTE, concurrency=(ConcurrencyLimit(2, max_queue=4, queue_timeout=0.01),))
    gateway = await start(stub.endpoint(), routes=(route,))

    async def one(number: int) -> None:
        async with connected(gateway) as client:
            for turn in range(6):
                await client.send(get("/"))
                if (number + turn) % 3 == 0:
                    await asyncio.sleep(0.003)
                    client.leave()
                    return
                assert (await client.reply()).status in (200, 503)

    await asyncio.gather(*(one(number) for number in range(30)))
    await eventually(lambda: not gateway.plane.stats.in_flight)
    async with connected(gateway) as client:
        assert (await client.ask(get("/"))).status == 200
    with nothing_left(gateway):
        pass
