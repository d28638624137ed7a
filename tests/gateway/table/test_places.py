"""gateway.gates, through a running gateway: only what goes on to a service takes places, and all of that does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from arena.model.cache import CacheRule
from arena.model.concurrency import ConcurrencyLimit
from arena.model.idempotency import IdempotencyRule
from arena.model.resilience import Fallback, Hedge, Retries
from arena.model.route import Route
from arena.model.traffic import Traffic
from tests.gateway.cache.kit import gated, many, origin, said
from tests.gateway.kit import Gateway, Start, Stub, Talk, connected, eventually, get, hello, post, silence
from tests.gateway.table.room import nothing_left

Stubs = Callable[..., Awaitable[Stub]]

ONE = (ConcurrencyLimit(1),)
PLACES = [
    pytest.param(ONE, (), id="route"),
    pytest.param((), ONE, id="service"),
    pytest.param((ConcurrencyLimit(1, by="ip"),), (), id="route, by caller"),
    pytest.param((), (ConcurrencyLimit(1, by="ip"),), id="service, by caller"),
]
OPEN = Route("web", "web", "/", auth="none")


@pytest.mark.parametrize(("of_route", "of_service"), PLACES)
async def test_who_waits_for_anothers_reply_takes_no_place(
    start: Start, stub: Stub, of_route: tuple[ConcurrencyLimit, ...], of_service: tuple[ConcurrencyLimit, ...]
) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    route = replace(OPEN, cache=CacheRule(coalesce=True), concurrency=of_route)
    gateway = await start(stub.endpoint(), routes=(route,), traffic=Traffic(concurrency=of_service))
    asking = asyncio.create_task(many(gateway, 40))
    await eventually(lambda: gateway.plane.stats.in_flight == 40)
    assert [one.in_flight for one in gateway.view.gates] == [1]
    go.set()
    assert [reply.status for reply in await asking] == [200] * 40
    with nothing_left(gateway):
        assert (service.count, gateway.view.gates[0].over) == (1, 0)


@pytest.mark.parametrize(("of_route", "of_service"), PLACES)
async def test_what_is_kept_is_given_while_all_places_are_taken(
    start: Start, stub: Stub, of_route: tuple[ConcurrencyLimit, ...], of_service: tuple[ConcurrencyLimit, ...]
) -> None:
    origin(stub)
    route = replace(OPEN, cache=CacheRule(), concurrency=of_route)
    gateway = await start(stub.endpoint(), routes=(route,), traffic=Traffic(concurrency=of_service))
    async with connected(gateway) as busy, connected(gateway) as client:
        assert (await client.ask(get("/kept"))).status == 200
        stub.answer = silence
        await busy.send(get("/slow"))
        await eventually(lambda: gateway.view.gates[0].in_flight == 1)
        assert "hit" in said(await client.ask(get("/kept")))
        assert (await client.ask(get("/other"))).status in (429, 503)
    await eventually(lambda: not gateway.plane.stats.in_flight)
    with nothing_left(gateway):
        pass


@pytest.mark.parametrize(("of_route", "of_service"), PLACES)
async def test_a_reply_that_is_remembered_by_its_key_needs_no_place(
    start: Start, stub: Stub, of_route: tuple[ConcurrencyLimit, ...], of_service: tuple[ConcurrencyLimit, ...]
) -> None:
    route = replace(OPEN, idempotency=IdempotencyRule(), concurrency=of_route)
    gateway = await start(stub.endpoint(), routes=(route,), traffic=Traffic(concurrency=of_service))
    one, two = b"Idempotency-Key: one\r\n", b"Idempotency-Key: two\r\n"
    async with connected(gateway) as busy, connected(gateway) as client:
        first = await client.ask(post(b"x", "/", one))
        stub.answer = silence
        await busy.send(post(b"y", "/slow"))
        await eventually(lambda: gateway.view.gates[0].in_flight == 1)
        again = await client.ask(post(b"x", "/", one))
        assert (again.status, again.body, again.header("idempotent-replayed")) == (200, first.body, "true")
        assert (await client.ask(post(b"x", "/", two))).status in (429, 503)
        busy.leave()
        await eventually(lambda: gateway.view.gates[0].in_flight == 0)
        stub.answer = hello
        assert (await client.ask(post(b"x", "/", two))).status == 200, "what found no place may be sent again"
    with nothing_left(gateway):
        pass


@pytest.mark.parametrize(("of_route", "of_service"), PLACES)
async def test_asking_behind_a_stale_reply_takes_a_place_or_is_left_for_later(
    start: Start, stub: Stub, of_route: tuple[ConcurrencyLimit, ...], of_service: tuple[ConcurrencyLimit, ...]
) -> None:
    service = origin(stub, "cache-control: max-age=0, stale-while-revalidate=60\r\n")
    route = replace(OPEN, cache=CacheRule(), concurrency=of_route)
    gateway = await start(stub.endpoint(), routes=(route,), traffic=Traffic(concurrency=of_service))
    gate = gateway.view.gates[0]
    async with connected(gateway) as busy, connected(gateway) as client:
        assert (await client.ask(get("/kept"))).body == b"reply 1"
        stub.answer = silence
        await busy.send(get("/slow"))
        await eventually(lambda: gate.in_flight == 1)
        assert (await client.ask(get("/kept"))).body == b"reply 1"
        assert gateway.plane.stats.in_flight == 1, "nobody asks: there is no place"
        busy.leave()
        await eventually(lambda: gate.in_flight == 0)
        assert (await client.ask(get("/kept"))).body == b"reply 1"
        await eventually(lambda: len(stub.asked) == 3, "now there is one, and it is taken")
        assert gate.in_flight == 1
        assert (await client.ask(get("/other"))).status in (429, 503)
        stub.answer = service
        for writer in list(stub.writers):
            writer.close()
        await eventually(lambda: gate.in_flight == 0, "it was asked again, and is kept")
        assert (await client.ask(get("/kept"))).body == b"reply 2"
    await eventually(lambda: not gateway.plane.stats.in_flight)
    with nothing_left(gateway):
        pass


async def hedging(start: Start, stubs: Stubs, limit: ConcurrencyLimit) -> tuple[Gateway, list[Stub]]:
    made = [await stubs(silence), await stubs(silence)]
    route = replace(OPEN, hedge=Hedge(after=0.05))
    endpoints = [one.endpoint(instance=f"web-{number}") for number, one in enumerate(made)]
    return await start(*endpoints, routes=(route,), traffic=Traffic(concurrency=(limit,))), made


@pytest.mark.parametrize("by", ["", "ip"])
async def test_a_hedge_takes_a_place_of_its_own_until_the_race_is_over(start: Start, stubs: Stubs, by: str) -> None:
    gateway, made = await hedging(start, stubs, ConcurrencyLimit(2, by))
    gate = gateway.view.gates[0]
    turns = [silence]

    async def answer(talk: Talk) -> None:
        if turns:
            await turns.pop()(talk)
        else:
            await go.wait()
            await talk.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nh")
            await more.wait()
            await talk.send(b"i")

    go, more = asyncio.Event(), asyncio.Event()
    for one in made:
        one.answer = answer
    async with connected(gateway) as client, connected(gateway) as other:
        await client.send(get("/"))
        await eventually(lambda: sum(len(one.asked) for one in made) == 2, "the hedge goes out")
        assert gate.in_flight == 2
        assert (await other.ask(get("/"))).status in (429, 503)
        go.set()
        await eventually(lambda: gate.in_flight == 1, "of the two, one goes on")
        more.set()
        assert (await client.reply()).body == b"hi"
    with nothing_left(gateway):
        assert gateway.plane.stats.hedges["web", "won"] == 1


@pytest.mark.parametrize("by", ["", "ip"])
async def test_without_a_place_there_is_no_hedge(start: Start, stubs: Stubs, by: str) -> None:
    gateway, made = await hedging(start, stubs, ConcurrencyLimit(1, by))
    gate = gateway.view.gates[0]
    async with connected(gateway) as client:
        await client.send(get("/"))
        await eventually(lambda: gate.over == 1, "it is time for a hedge")
        assert sum(len(one.asked) for one in made) == 1
        assert gate.in_flight == 1
        client.leave()
        await eventually(lambda: not gateway.plane.stats.in_flight)
    with nothing_left(gateway):
        assert not gateway.plane.stats.hedges


async def test_a_hedge_that_is_broken_off_gives_its_place_back(start: Start, stubs: Stubs) -> None:
    gateway, made = await hedging(start, stubs, ConcurrencyLimit(2))
    async with connected(gateway) as client:
        await client.send(get("/"))
        await eventually(lambda: sum(len(one.asked) for one in made) == 2)
        client.leave()
        await eventually(lambda: not gateway.plane.stats.in_flight)
    with nothing_left(gateway):
        pass


async def test_a_hedge_needs_a_place_in_every_limit_or_takes_none(start: Start, stubs: Stubs) -> None:
    gateway, made = await hedging(start, stubs, ConcurrencyLimit(5))
    limits = Traffic(concurrency=(ConcurrencyLimit(5), ConcurrencyLimit(1, by="ip")))
    gateway.view.use_spec(replace(gateway.view.spec, traffic={"web": limits}))
    wide, narrow = gateway.view.gates
    async with connected(gateway) as client:
        await client.send(get("/"))
        await eventually(lambda: narrow.over == 1)
        assert (wide.in_flight, narrow.in_flight) == (1, 1)
        assert sum(len(one.asked) for one in made) == 1
        client.leave()
        await eventually(lambda: not gateway.plane.stats.in_flight)
    with nothing_left(gateway):
        pass


@pytest.mark.parametrize("limit", [ConcurrencyLimit(1), ConcurrencyLimit(1, by="ip"), ConcurrencyLimit(1, max_queue=1)])
async def test_who_falls_back_leaves_the_place_at_the_service_that_failed(
    start: Start, stub: Stub, stubs: Stubs, limit: ConcurrencyLimit
) -> None:
    spare = await stubs(silence)
    route = replace(OPEN, fallback=Fallback("spare"))
    gateway = await start(stub.endpoint(), spare.endpoint("spare", "s-1"), routes=(route,), traffic=Traffic())
    limits = Traffic(concurrency=(limit,), breaker=None, retries=Retries(attempts=1))
    gateway.view.use_spec(replace(gateway.view.spec, traffic={"web": limits, "spare": limits}))
    web, other = gateway.view.gates

    async def hang_up(talk: Talk) -> None:
        talk.writer.close()

    stub.answer = hang_up
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(get("/"))
        await eventually(lambda: len(spare.asked) == 1)
        assert (web.name, web.in_flight, other.name, other.in_flight) == ("web", 0, "spare", 1)
        stub.answer = hello
        assert (await two.ask(get("/"))).body == b"hello", "the service may be asked again"
        one.leave()
        await eventually(lambda: not gateway.plane.stats.in_flight)
    with nothing_left(gateway):
        pass
