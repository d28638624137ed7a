"""gateway.gate, through a running gateway: places, refusals, and places given back whatever happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from arena.gateway.table.gate import Gate
from arena.model.concurrency import ConcurrencyLimit
from arena.model.mirror import Mirror
from arena.model.route import RateLimit, Route
from arena.model.traffic import Traffic
from tests.gateway.kit import QUICK, Cut, Start, Stub, Talk, bearer, connected, eventually, get, post
from tests.gateway.table.room import LIMIT, ROUTE, Valve, gate, nothing_left, valve

__all__ = ["valve"]  # a fixture


async def test_beyond_the_limit_is_503_and_places_come_back(start: Start, stub: Stub, valve: Valve) -> None:
    gateway = await start(stub.endpoint(), routes=(ROUTE,))
    async with connected(gateway) as one, connected(gateway) as two, connected(gateway) as three:
        await one.send(get("/"))
        await two.send(get("/"))
        await valve.asked(2)
        reply = await three.ask(get("/"))
        assert "the route web has no room" in str(reply.problem(503, "too-many-in-flight")["detail"])
        assert reply.header("retry-after") == "1"
        assert gate(gateway).in_flight == 2 and gate(gateway).over == 1
        valve.opened.set()
        assert [(await each.reply()).status for each in (one, two)] == [200, 200]
        assert (await three.ask(get("/"))).status == 200
        page = (await three.ask(get("/metrics"))).body.decode()
    labels = '{place="route",name="web",by="",enforced="true"}'
    assert f"arena_gateway_concurrency_over_total{labels} 1" in page
    assert f"arena_gateway_concurrency_limit{labels} 2" in page
    with nothing_left(gateway):
        pass


async def test_shadow_mode_counts_and_lets_pass(start: Start, stub: Stub, valve: Valve) -> None:
    route = replace(ROUTE, concurrency=(replace(LIMIT, max_in_flight=1, enforce=False),))
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(get("/"))
        await two.send(get("/"))
        await valve.asked(2)
        assert (gate(gateway).in_flight, gate(gateway).over) == (2, 1)
        valve.opened.set()
        assert [(await each.reply()).status for each in (one, two)] == [200, 200]
    with nothing_left(gateway):
        pass


async def test_a_caller_who_fills_its_own_places_is_429_and_no_other(start: Start, stub: Stub, valve: Valve) -> None:
    route = replace(ROUTE, auth="required", concurrency=(ConcurrencyLimit(1, by="principal"),))
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as one, connected(gateway) as two, connected(gateway) as three:
        await one.send(get("/", bearer(sub="ana")))
        await valve.asked(1)
        reply = await two.ask(get("/", bearer(sub="ana")))
        assert "this caller may have 1 requests" in str(reply.problem(429, "too-many-in-flight")["detail"])
        await three.send(get("/", bearer(sub="ben")))
        await valve.asked(2)
        valve.opened.set()
        assert [(await each.reply()).status for each in (one, three)] == [200, 200]
        assert (await two.ask(get("/", bearer(sub="ana")))).status == 200
    with nothing_left(gateway):
        assert gate(gateway)._counts == {}  # nobody is remembered who has nothing under way


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", b"nonsense\r\n\r\n"])
async def test_whatever_the_service_does_the_place_comes_back(start: Start, stub: Stub, answer: bytes) -> None:
    async def fail(talk: Talk) -> None:
        await talk.send(answer)
        talk.writer.close()

    stub.answer = fail
    gateway = await start(stub.endpoint(), routes=(ROUTE,), traffic=Traffic(breaker=None))
    for _ in range(4):
        async with connected(gateway) as client:
            with suppress(Cut):
                assert (await client.ask(post(b"x"))).status == 502
    with nothing_left(gateway):
        assert gate(gateway).over == 0


async def test_a_service_that_times_out_or_is_not_there(start: Start, stub: Stub, valve: Valve) -> None:
    gateway = await start(stub.endpoint(), routes=(ROUTE,), timeouts=QUICK)
    async with connected(gateway) as client:
        assert (await client.ask(post(b"x"))).status == 504
        gateway.endpoints()
        assert (await client.ask(get("/"))).status == 503
    with nothing_left(gateway):
        pass


async def test_a_refusal_further_on_gives_back_what_was_taken_before(start: Start, stub: Stub) -> None:
    route = replace(ROUTE, concurrency=(ConcurrencyLimit(5), ConcurrencyLimit(1, by="ip")))
    gateway = await start(stub.endpoint(), routes=(route,), concurrency=(ConcurrencyLimit(9),))
    valve = Valve(stub)
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(get("/"))
        await valve.asked(1)
        (await two.ask(get("/"))).problem(429, "too-many-in-flight")
        assert [each.in_flight for each in gateway.view.gates] == [1, 1, 1]
        valve.opened.set()
        assert (await one.reply()).status == 200
    with nothing_left(gateway):
        assert [each.place for each in gateway.view.gates] == ["gateway", "route", "route"]


async def test_refused_by_a_rate_limit_takes_no_place(start: Start, stub: Stub) -> None:
    route = replace(ROUTE, rate_limits=(RateLimit(1 / 3600, 1, "ip"),), concurrency=(ConcurrencyLimit(1),))
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as client:
        assert [(await client.ask(get("/"))).status for _ in range(3)] == [200, 429, 429]
    with nothing_left(gateway):
        assert gate(gateway).over == 0


async def test_a_websocket_is_under_way_until_it_closes(start: Start, stub: Stub) -> None:
    async def agree(talk: Talk) -> None:
        await talk.send(
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n"
        )
        await talk.reader.read(1)

    stub.answer = agree
    route = replace(ROUTE, upgrade="websocket", concurrency=(ConcurrencyLimit(1),))
    gateway = await start(stub.endpoint(), routes=(route,))
    hello = get("/", b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n")
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(hello)
        assert b"101" in await one.reader.readuntil(b"\r\n\r\n")
        (await two.ask(get("/"))).problem(503, "too-many-in-flight")
        one.leave()
        await eventually(lambda: gate(gateway).in_flight == 0)
    with nothing_left(gateway):
        pass


async def test_a_service_has_one_room_for_all_its_routes(start: Start, stub: Stub, valve: Valve) -> None:
    routes = (replace(ROUTE, concurrency=()), Route("b", "web", "/b", auth="none"))
    gateway = await start(stub.endpoint(), routes=routes, traffic=Traffic(concurrency=(ConcurrencyLimit(1),)))
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(get("/"))
        await valve.asked(1)
        reply = await two.ask(get("/b"))
        assert "the service web has no room" in str(reply.problem(503, "too-many-in-flight")["detail"])
        valve.opened.set()
        assert (await one.reply()).status == 200
    with nothing_left(gateway):
        pass


async def test_a_shadow_has_limits_of_its_own(start: Start, stub: Stub, stubs: Callable[..., Awaitable[Stub]]) -> None:
    shadow = await stubs()
    valve = Valve(shadow)
    route = replace(ROUTE, concurrency=(), mirror=Mirror("shadow"))
    limits = Traffic(concurrency=(ConcurrencyLimit(5), ConcurrencyLimit(1, by="ip")))
    gateway = await start(stub.endpoint(), shadow.endpoint("shadow", "s-1"), routes=(route,))
    gateway.view.use_spec(replace(gateway.view.spec, traffic={"shadow": limits}))
    async with connected(gateway) as client:
        for _ in range(3):
            assert (await client.ask(get("/"))).status == 200
        await valve.asked(1)
        assert [one.in_flight for one in gateway.view.gates] == [1, 1]
        valve.opened.set()
        await eventually(lambda: not gateway.plane.stats.in_flight)
    with nothing_left(gateway):
        assert gateway.plane.stats.mirror("web", "shadow").results == {"shadow_full": 2, "sent": 1}


def test_a_limit_by_nothing_is_refused_before_anything_changes() -> None:
    with pytest.raises(ValueError, match="nothing that"):
        Gate("route", "web", ConcurrencyLimit(1, by="mood"))
