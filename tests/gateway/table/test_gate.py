"""gateway.gate, through a running gateway: places, queues, refusals, and places given back whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from arena.gateway.table.gate import Gate
from arena.model.concurrency import Adaptive, ConcurrencyLimit
from arena.model.mirror import Mirror
from arena.model.route import RateLimit, Route
from arena.model.traffic import Traffic
from tests.gateway.kit import QUICK, Cut, Gateway, Start, Stub, Talk, bearer, connected, eventually, get, post

LIMIT = ConcurrencyLimit(2)
ROUTE = Route("web", "web", "/", auth="none", concurrency=(LIMIT,))


class Valve:
    """Holds the answers of a stub until it is opened."""

    def __init__(self, stub: Stub) -> None:
        self.opened = asyncio.Event()
        self.stub = stub
        stub.answer = self.answer

    async def answer(self, talk: Talk) -> None:
        await self.opened.wait()
        await talk.reply()

    async def asked(self, count: int) -> None:
        await eventually(lambda: len(self.stub.asked) == count, f"{count} requests at the service")


@pytest.fixture
def valve(stub: Stub) -> Valve:
    return Valve(stub)


def gate(gateway: Gateway, number: int = 0) -> Gate:
    return gateway.view.gates[number]


@contextmanager
def nothing_left(gateway: Gateway) -> Iterator[None]:
    yield
    assert [(one.in_flight, one.waiting) for one in gateway.view.gates] == [(0, 0)] * len(gateway.view.gates)


async def waiting(gateway: Gateway, count: int = 1) -> None:
    await eventually(lambda: gate(gateway).waiting == count, f"{count} in the queue")


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
