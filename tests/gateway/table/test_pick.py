"""gateway.pick: each rule of balance before real endpoints."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from arena.gateway.table.pick import picker
from arena.model.route import Route
from arena.model.traffic import Balance, Traffic
from tests.gateway.kit import Answer, Gateway, Start, Stub, Talk, bearer, connected, eventually, get, hello

Stubs = Callable[[Answer], Awaitable[Stub]]


async def three(stubs: Stubs, *answers: Answer) -> list[Stub]:
    return [await stubs(answers[n] if n < len(answers) else hello) for n in range(3)]


async def behind(
    start: Start, some: list[Stub], balance: Balance, hash_by: str = "principal", **more: object
) -> Gateway:
    endpoints = (one.endpoint(instance=f"web-{n}") for n, one in enumerate(some))
    return await start(*endpoints, traffic=Traffic(balance=balance, hash_by=hash_by), **more)


def test_the_default_needs_no_function() -> None:
    assert picker(Traffic()) is None
    with pytest.raises(ValueError, match="cookie"):
        picker(Traffic(balance="consistent_hash", hash_by="cookie"))


async def test_round_robin_asks_each_in_its_turn_and_goes_on_after_a_swap(start: Start, stubs: Stubs) -> None:
    some = await three(stubs)
    gateway = await behind(start, some, "round_robin")
    async with connected(gateway) as client:
        for _ in range(6):
            assert (await client.ask(get())).status == 200
            gateway.endpoints(*(one.endpoint(instance=f"web-{n}") for n, one in enumerate(some)))
    assert [len(one.asked) for one in some] == [2, 2, 2]


async def test_peak_ewma_leaves_the_slow_one_alone(start: Start, stubs: Stubs) -> None:
    async def slow(talk: Talk) -> None:
        await asyncio.sleep(0.1)
        await talk.reply()

    some = await three(stubs, slow)
    gateway = await behind(start, some, "peak_ewma")
    async with connected(gateway) as client:
        for _ in range(60):
            assert (await client.ask(get())).status == 200
    assert len(some[0].asked) == 1
    assert min(len(one.asked) for one in some[1:]) >= 1


async def test_peak_ewma_needs_no_breaker(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), traffic=Traffic(None, "peak_ewma"))
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 200
    (target,) = gateway.plane.table.routes[0].service.targets
    assert target.latency is not None
    assert target.latency.value(asyncio.get_running_loop().time()) > 0


async def test_consistent_hash_keeps_a_caller_with_one_instance_while_it_lives(start: Start, stubs: Stubs) -> None:
    some = await three(stubs)
    gateway = await behind(start, some, "consistent_hash", routes=(Route("web", "web", "/"),))
    async with connected(gateway) as client:
        for _ in range(5):
            for name in range(8):
                await client.ask(get(f"/{name}", bearer(sub=f"user-{name}")))
        homes = {asked.target: n for n, one in enumerate(some) for asked in one.asked}
        assert sum(len({asked.target for asked in one.asked}) for one in some) == 8, "each caller met one instance"
        assert len(set(homes.values())) > 1
        await some[0].stop()
        for name in range(8):
            assert (await client.ask(get(f"/{name}", bearer(sub=f"user-{name}")))).status == 200
    moved = {asked.target for n, one in enumerate(some) for asked in one.asked if homes[asked.target] != n}
    assert moved == {target for target, home in homes.items() if home == 0}


async def test_consistent_hash_by_a_header(start: Start, stubs: Stubs) -> None:
    some = await three(stubs)
    gateway = await behind(start, some, "consistent_hash", "header:x-session")
    async with connected(gateway) as client:
        for session in "abcdefgh":
            for _ in range(3):
                await client.ask(get(f"/{session}", f"X-Session: {session}\r\n".encode()))
    assert sum(len({asked.target for asked in one.asked}) for one in some) == 8
    assert sum(bool(one.asked) for one in some) > 1


@pytest.mark.parametrize("balance", ["least_in_flight", "round_robin", "peak_ewma", "consistent_hash"])
async def test_no_instance_gets_more_connections_than_it_may(start: Start, stubs: Stubs, balance: Balance) -> None:
    opened = asyncio.Event()

    async def hold(talk: Talk) -> None:
        await opened.wait()
        await talk.reply()

    some = [await stubs(hold) for _ in range(2)]
    endpoints = (one.endpoint(instance=f"web-{n}", metadata={"weight": str(n + 1)}) for n, one in enumerate(some))
    gateway = await start(*endpoints, traffic=Traffic(balance=balance, max_connections=1))
    async with connected(gateway) as one, connected(gateway) as two, connected(gateway) as three:
        for number, client in enumerate((one, two), start=1):
            await client.send(get())
            await eventually(lambda number=number: sum(len(each.asked) for each in some) == number)
        reply = await three.ask(get())
        detail = reply.problem(503, "too-many-in-flight")["detail"]
        assert "every instance of web has as many" in str(detail) and reply.header("retry-after") == "1"
        assert [len(each.asked) for each in some] == [1, 1]
        opened.set()
        assert [(await each.reply()).status for each in (one, two)] == [200, 200]
        assert (await three.ask(get())).status == 200
        page = (await three.ask(get("/metrics"))).body.decode()
    assert 'arena_gateway_upstream_full_total{service="web"} 1' in page
    assert max(each.connections for each in some) == 1


async def test_another_attempt_closes_an_idle_connection_for_its_own(start: Start, stubs: Stubs) -> None:
    async def refuse_twice(talk: Talk) -> None:
        if talk.asked.target == "/close" and len(one.asked) < 4:
            talk.writer.close()
        else:
            await talk.reply()

    one = await stubs(refuse_twice)
    gateway = await start(one.endpoint(), traffic=Traffic(max_connections=2, breaker=None))
    async with connected(gateway) as first, connected(gateway) as second:
        await first.send(get())
        await second.send(get())
        assert [(await each.reply()).status for each in (first, second)] == [200, 200]
        await first.ask(get("/close"))
        await eventually(lambda: one.open_now <= 2)
    (target,) = gateway.plane.table.routes[0].service.targets
    assert target.in_flight == 0 and len(target.idle) <= 2
