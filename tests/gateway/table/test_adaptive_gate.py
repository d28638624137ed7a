"""gateway.gate, through a running gateway: places that follow the latency of a service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from arena.model.concurrency import Adaptive, ConcurrencyLimit
from arena.model.resilience import Fallback, Retries
from arena.model.route import Route
from arena.model.traffic import Traffic
from tests.gateway.kit import Start, Stub, Talk, connected, get, hello
from tests.gateway.table.room import ROUTE, gate, nothing_left


async def test_an_adaptive_limit_finds_a_service_of_four_workers(start: Start, stub: Stub) -> None:
    workers = asyncio.Semaphore(4)

    async def work(talk: Talk) -> None:
        async with workers:
            await asyncio.sleep(0.01)
        await talk.reply()

    stub.answer = work
    route = replace(ROUTE, concurrency=(ConcurrencyLimit(0, adaptive=Adaptive(min=2, max=100)),))
    gateway = await start(stub.endpoint(), routes=(route,))
    end = asyncio.get_running_loop().time() + 4.0
    statuses: list[int] = []

    async def call() -> None:
        async with connected(gateway) as client:
            while asyncio.get_running_loop().time() < end:
                statuses.append((await client.ask(get("/"))).status)
                if statuses[-1] == 503:
                    await asyncio.sleep(0.02)

    await asyncio.gather(*(call() for _ in range(40)))
    # Forty would wait 90 ms inside; where the limit rests depends on how busy the machine is.
    assert 2 <= gate(gateway).places <= 30
    assert statuses.count(200) > 100 and statuses.count(503) > 20
    assert gate(gateway).baseline is not None
    async with connected(gateway) as client:
        page = (await client.ask(get("/metrics"))).body.decode()
    assert 'arena_gateway_concurrency_baseline_seconds{place="route",name="web"' in page
    with nothing_left(gateway):
        pass


async def test_errors_of_a_service_lower_an_adaptive_limit_and_refusals_of_ours_do_not(
    start: Start, stub: Stub
) -> None:
    failing = False

    async def answer(talk: Talk) -> None:
        await talk.reply(status="503 Busy" if failing else "200 OK")

    stub.answer = answer
    adaptive = ConcurrencyLimit(0, adaptive=Adaptive(min=1, max=100))
    route = replace(ROUTE, concurrency=(adaptive, ConcurrencyLimit(1, by="ip", enforce=False)))
    gateway = await start(stub.endpoint(), routes=(route,), traffic=Traffic(breaker=None))

    async def grow(until: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), connected(gateway) as client:
            while not until():
                assert (await client.ask(get("/"))).status in (200, 503)

    await grow(lambda: gate(gateway).places >= 2)
    grown = gate(gateway).places
    gateway.endpoints()
    async with connected(gateway) as client:
        for _ in range(60):
            (await client.ask(get("/"))).problem(503, "unavailable")
    assert gate(gateway).places == grown
    gateway.endpoints(stub.endpoint())
    failing = True
    await grow(lambda: gate(gateway).places == 1)
    with nothing_left(gateway):
        pass


async def test_an_adaptive_limit_becomes_a_fixed_one_and_back(start: Start, stub: Stub) -> None:
    def with_limit(limit: ConcurrencyLimit) -> Route:
        return replace(ROUTE, concurrency=(limit,))

    gateway = await start(stub.endpoint(), routes=(with_limit(ConcurrencyLimit(0, adaptive=Adaptive(min=3))),))
    one = gate(gateway)
    places = [one.places]
    for limit in (
        ConcurrencyLimit(7),
        ConcurrencyLimit(0, adaptive=Adaptive(min=5)),
        ConcurrencyLimit(0, adaptive=Adaptive(9)),
    ):
        gateway.view.use_spec(replace(gateway.view.spec, routes=(with_limit(limit),)))
        places.append(one.places)
        async with connected(gateway) as client:
            assert (await client.ask(get("/"))).status == 200
    assert places == [3, 7, 5, 9]
    with nothing_left(gateway):
        assert gate(gateway) is one


@pytest.mark.parametrize("spare", [Fallback("spare"), Fallback(body="sorry")])
async def test_an_adaptive_limit_learns_from_its_own_service_and_not_from_who_stands_in(
    start: Start, stub: Stub, stubs: Callable[..., Awaitable[Stub]], spare: Fallback
) -> None:
    other = await stubs(hello)
    route = replace(ROUTE, concurrency=(), fallback=replace(spare, statuses=(500,)))
    adaptive = Traffic(
        concurrency=(ConcurrencyLimit(0, adaptive=Adaptive(min=1, max=50)),), breaker=None, retries=Retries(attempts=1)
    )
    gateway = await start(stub.endpoint(), other.endpoint("spare", "s-1"), routes=(route,))
    gateway.view.use_spec(replace(gateway.view.spec, traffic={"web": adaptive}))
    one = gate(gateway)

    async def ask(until: Callable[[], bool], body: bytes) -> None:
        async with asyncio.timeout(10), connected(gateway) as client:
            while not until():
                assert (await client.ask(get("/"))).body == body

    await ask(lambda: one.places >= 3, b"hello")

    async def fail(talk: Talk) -> None:
        await talk.reply(b"no", "500 Oops")

    stub.answer = fail
    await ask(lambda: one.places == 1, spare.body.encode() or b"hello")
    with nothing_left(gateway):
        pass
