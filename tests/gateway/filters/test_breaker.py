"""gateway.filters.breaker: the circuit breaker of a route, with real upstreams."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from arena.gateway.filters.breaker import RouteBreaker
from arena.model.cache import CacheRule
from arena.model.resilience import Fallback, Fault, Retries
from arena.model.route import Route
from arena.model.traffic import BreakerRule, Traffic
from arena.policy.breaker import State
from tests.gateway.cache.kit import origin
from tests.gateway.kit import (
    QUICK,
    Answer,
    Gateway,
    Start,
    Stub,
    Talk,
    bearer,
    connected,
    eventually,
    get,
    nowhere,
    post,
)
from tests.gateway.page.test_counters import metric, scrape

RULE = BreakerRule(failures=2, open_for=3600.0)
ROUTE = Route("all", "web", "/", auth="none", breaker=RULE)
OTHER = Route("other", "web", "/other", auth="none")
PLAIN = Traffic(breaker=None, retries=Retries(attempts=1))


def guard(gateway: Gateway) -> RouteBreaker:
    (one,) = gateway.view.guards
    return one


def state(gateway: Gateway) -> State:
    return guard(gateway).breaker.state(asyncio.get_running_loop().time())


async def bad_gateway(talk: Talk) -> None:
    await talk.reply(status="502 Bad Gateway")


async def hang_up(talk: Talk) -> None:
    talk.writer.close()


async def broken_off(talk: Talk) -> None:
    await talk.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhel")
    talk.writer.close()


async def silence(_talk: Talk) -> None:
    await asyncio.sleep(3600)


async def test_a_clients_own_deadline_says_nothing_about_the_route(start: Start, stub: Stub) -> None:
    stub.answer = silence
    route = replace(ROUTE, breaker=replace(RULE, failures=1))
    gateway = await start(stub.endpoint(), routes=(route,), traffic=PLAIN)
    async with connected(gateway) as client:
        for seconds in (-1.0, 0.05):
            deadline = f"x-request-deadline: {time.time() + seconds:.3f}\r\n".encode()
            (await client.ask(get("/", deadline))).problem(504, "deadline-exceeded")
    await eventually(lambda: gateway.plane.stats.in_flight == 0)
    assert state(gateway) == "closed"


@pytest.mark.parametrize("answer", [bad_gateway, hang_up, broken_off, silence])
async def test_what_fails_for_the_client_opens_it_and_other_routes_go_on(
    start: Start, stub: Stub, answer: Answer
) -> None:
    stub.answer = answer
    route = replace(ROUTE, breaker=replace(RULE, failures=1))
    gateway = await start(stub.endpoint(), routes=(route, OTHER), traffic=PLAIN, timeouts=QUICK)
    async with connected(gateway) as client:
        await client.send(post(b"x"))
        if answer is broken_off:
            await client.rest()
        else:
            assert (await client.reply()).status >= 502
    await eventually(lambda: state(gateway) == "open")
    asked = len(stub.asked)
    async with connected(gateway) as client:
        reply = await client.ask(get())
        detail = str(reply.problem(503, "circuit-open")["detail"])
        assert "this route" in detail
        assert 3500 < int(reply.header("retry-after") or 0) <= 3600
        assert len(stub.asked) == asked
        stub.answer = Stub().answer
        assert (await client.ask(get("/other"))).status == 200
        numbers = await scrape(client)
    assert metric(numbers, "arena_gateway_route_breaker_state", route="all") == 2
    assert metric(numbers, "arena_gateway_route_breaker_opened_total", route="all") == 1
    assert metric(numbers, "arena_gateway_route_breaker_refused_total", route="all") == 1


async def test_no_instance_at_all_counts_and_what_the_caller_did_does_not(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(ROUTE, max_body_bytes=5),), traffic=PLAIN)
    async with connected(gateway) as client:
        assert (await client.ask(post(b"123456"))).status == 413
    async with connected(gateway) as client:
        stub.answer = silence
        await client.send(get())
        await eventually(lambda: len(stub.asked) == 1)
        client.leave()
    await eventually(lambda: not gateway.plane.stats.in_flight)
    assert (state(gateway), guard(gateway).breaker.failed) == ("closed", 0)
    gateway.endpoints()
    async with connected(gateway) as client:
        for _ in range(2):
            (await client.ask(get())).problem(503, "unavailable")
        (await client.ask(get())).problem(503, "circuit-open")


async def test_it_closes_after_good_trials_and_a_stream_is_judged_when_it_begins(start: Start, stub: Stub) -> None:
    ends = asyncio.Event()

    async def stream(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab")
        await ends.wait()
        await talk.send(b"cd")

    quick = replace(RULE, failures=1, open_for=0.05, max_open_for=0.05, trials=1)
    stub.answer = bad_gateway
    gateway = await start(stub.endpoint(), routes=(replace(ROUTE, breaker=quick),), traffic=PLAIN)
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 502
        await eventually(lambda: state(gateway) == "half_open")
        stub.answer = stream
        await client.send(get())
        await eventually(lambda: state(gateway) == "closed")
        ends.set()
        assert (await client.reply()).body == b"abcd"


async def test_good_replies_of_a_route_with_a_fallback_are_no_failures(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(ROUTE, fallback=Fallback(body="spare")),), traffic=PLAIN)
    async with connected(gateway) as client:
        assert {(await client.ask(get())).body for _ in range(5)} == {b"hello"}
    assert state(gateway) == "closed"


async def test_when_it_is_open_the_fallback_answers_and_a_fallback_is_a_failure(start: Start) -> None:
    spare = Fallback(status=200, body="spare")
    gateway = await start(nowhere(), routes=(replace(ROUTE, fallback=spare),), traffic=PLAIN)
    async with connected(gateway) as client:
        for _ in range(4):
            reply = await client.ask(get())
            assert (reply.status, reply.body, reply.header("x-arena-fallback")) == (200, b"spare", "static")
    assert (state(gateway), guard(gateway).refused) == ("open", 2)


async def test_faults_on_purpose_try_it_out(start: Start, stub: Stub) -> None:
    route = replace(ROUTE, fault=Fault(abort=503, abort_percent=100.0))
    gateway = await start(stub.endpoint(), routes=(route,), traffic=PLAIN)
    async with connected(gateway) as client:
        kinds = [str((await client.ask(get())).json["type"]).rpartition(":")[2] for _ in range(3)]
    assert kinds == ["fault-injected", "fault-injected", "circuit-open"]


async def test_slow_replies_open_it(start: Start, stub: Stub) -> None:
    async def slow(talk: Talk) -> None:
        await asyncio.sleep(0.1)
        await talk.reply()

    rule = replace(RULE, slow_after=0.05, slow_rate=0.5, min_requests=1)
    stub.answer = slow
    gateway = await start(stub.endpoint(), routes=(replace(ROUTE, breaker=rule),), traffic=PLAIN)
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 200
    assert state(gateway) == "open"


async def test_a_swap_keeps_it_unless_its_rule_changed_and_the_page_tells(start: Start) -> None:
    gateway = await start(nowhere(), routes=(ROUTE,), traffic=PLAIN)
    before = guard(gateway)
    gateway.endpoints(nowhere("web-9"))
    assert guard(gateway) is before
    async with connected(gateway) as client:
        (row,) = (await client.ask(get("/breakers", bearer("operator")))).json["routes"]  # type: ignore[misc]  # a list
    assert row == {  # type: ignore[has-type]
        **{"route": "all", "service": "web", "state": "closed", "opened": 0},
        **{"wait_seconds": 0.0, "tripped_until": None},
    }
    changed = replace(ROUTE, breaker=replace(RULE, failures=9))
    gateway.view.use_spec(replace(gateway.view.spec, routes=(changed,)))
    assert guard(gateway) is not before
    gateway.view.use_spec(replace(gateway.view.spec, routes=(OTHER,)))
    assert list(gateway.view.guards) == []


async def test_a_person_can_trip_it(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(ROUTE,), traffic=PLAIN)
    guard(gateway).tripped_until = float("inf")
    async with connected(gateway) as client:
        detail = str((await client.ask(get())).problem(503, "circuit-open")["detail"])
        assert "by an operator's order" in detail
        guard(gateway).tripped_until = 0.0
        assert (await client.ask(get())).status == 200


async def test_nothing_is_asked_behind_a_kept_reply_while_it_is_open(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=0, stale-while-revalidate=60\r\n")
    route = replace(ROUTE, cache=CacheRule(), breaker=replace(RULE, failures=1))
    gateway = await start(stub.endpoint(), routes=(route,), traffic=PLAIN)
    async with connected(gateway) as client:
        assert (await client.ask(get())).body == b"reply 1"
        guard(gateway).tripped_until = float("inf")
        assert (await client.ask(get())).body == b"reply 1"
        assert (gateway.plane.stats.in_flight, guard(gateway).refused) == (0, 0), "no client was refused"
        guard(gateway).tripped_until = 0.0
        service.status, service.headers = "503 Busy", ""
        assert (await client.ask(get())).body == b"reply 1"
        await eventually(lambda: not guard(gateway).breaker.closed, "it learns of what was asked behind")
        await eventually(lambda: not gateway.plane.stats.in_flight)
        assert (await client.ask(get())).body == b"reply 1"
        assert gateway.plane.stats.in_flight == 0
    assert service.count == 2
