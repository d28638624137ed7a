"""gateway.filters.mirror: a shadow gets copies, and nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from arena.gateway.stats import MirrorStats
from arena.model.mirror import Mirror
from arena.model.route import RateLimit, Route
from arena.model.split import Part, Split
from arena.model.transform import Edit, Pair, Transform
from tests.gateway.kit import Answer, Gateway, Start, Stub, Talk, bearer, connected, eventually, get, post

Stubs = Callable[[Answer], Awaitable[Stub]]
MIRROR = Mirror("shadow", max_body_bytes=1000, max_in_flight=3)
ROUTE = Route("web", "web", "/", auth="none", mirror=MIRROR)
CHUNKED = get("/", b"Transfer-Encoding: chunked\r\n", method="POST")


async def hello(talk: Talk) -> None:
    await talk.reply()


async def silence(_talk: Talk) -> None:
    await asyncio.Event().wait()


class World:
    """A gateway with a service and its shadow."""

    def __init__(self, gateway: Gateway, stub: Stub, shadow: Stub) -> None:
        self.gateway, self.stub, self.shadow = gateway, stub, shadow

    @property
    def stats(self) -> MirrorStats:
        return self.gateway.plane.stats.mirror("web", "shadow")

    async def quiet(self) -> None:
        await eventually(lambda: not self.gateway.plane.stats.in_flight and not self.stats.in_flight, "the end of all")


@pytest.fixture
def world(start: Start, stub: Stub, stubs: Stubs) -> Callable[..., Awaitable[World]]:
    async def make(route: Route = ROUTE, answer: Answer = hello) -> World:
        shadow = await stubs(answer)
        return World(await start(stub.endpoint(), shadow.endpoint("shadow", "s-1"), routes=(route,)), stub, shadow)

    return make


Make = Callable[..., Awaitable[World]]


async def test_the_shadow_gets_what_the_service_gets(world: Make) -> None:
    change = Transform(Edit(set=(Pair("X-Set", "1"),)))
    here = await world(replace(ROUTE, auth="required", transform=change))
    async with connected(here.gateway) as client:
        line = bearer()
        assert (await client.ask(post(b"body", "/p?q=1", line, b"X-Arena-Mirror: false\r\n"))).status == 200
        await here.quiet()
    (real,), (copy,) = here.stub.asked, here.shadow.asked
    assert (copy.method, copy.target, copy.body) == (real.method, real.target, real.body) == ("POST", "/p?q=1", b"body")
    assert (real.header("x-arena-mirror"), copy.header("x-arena-mirror")) == (None, "true")
    mine = [pair for pair in copy.headers if pair[0] not in ("host", "x-arena-mirror")]
    assert mine == [pair for pair in real.headers if pair[0] != "host"]
    assert copy.header("authorization") is not None and copy.header("x-set") == "1"
    assert here.stats.results == {"sent": 1}
    lines = {line["service"]: line for line in here.gateway.lines()}
    assert (lines["shadow"]["errand"], lines["shadow"]["status"], lines["shadow"]["route"]) == ("mirror", 200, "web")
    assert lines["web"]["request_id"] == lines["shadow"]["request_id"]


async def test_a_shadow_that_never_answers_delays_nobody_and_is_asked_no_more(world: Make) -> None:
    here = await world(answer=silence)
    async with connected(here.gateway) as client:
        for _ in range(10):
            assert (await client.ask(get("/"))).status == 200
    assert (here.stats.in_flight, here.stats.results) == (3, {"in_flight": 7})
    here.gateway.view.use_spec(replace(here.gateway.view.spec, services=("web",)))
    async with connected(here.gateway) as client:
        assert (await client.ask(get("/"))).status == 200
        page = (await client.ask(get("/metrics"))).body.decode()
    assert 'arena_gateway_mirrored_total{route="web",service="shadow",result="in_flight"} 8' in page
    assert len(here.shadow.asked) == 3


async def test_a_shadow_that_fails_or_is_not_there_is_counted(world: Make) -> None:
    async def close(talk: Talk) -> None:
        talk.writer.close()

    here = await world(answer=close)
    async with connected(here.gateway) as client:
        assert (await client.ask(post(b"x"))).status == 200
        await here.quiet()
        here.gateway.endpoints(here.stub.endpoint())
        assert (await client.ask(get("/"))).status == 200
        await here.quiet()
        health = (await client.ask(get("/health"))).json
    assert here.stats.results == {"failed": 2}
    assert health["status"] == "ok"


async def test_a_body_in_pieces_streams_on_and_is_copied_when_whole(world: Make) -> None:
    here = await world()
    here.stub.stream = True
    first = asyncio.Event()

    async def answer(talk: Talk) -> None:
        assert await talk.reader.readexactly(5) == b"first"
        first.set()
        assert await talk.reader.readexactly(6) == b"second"
        await talk.reply()

    here.stub.answer = answer
    async with connected(here.gateway) as client:
        await client.send(get("/", b"Content-Length: 11\r\nExpect: 100-continue\r\n", method="POST"))
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"first")
        async with asyncio.timeout(5):
            await first.wait()  # at the service already, while the shadow has heard nothing
        assert here.shadow.asked == [] and here.stats.in_flight == 1
        await client.send(b"second")
        assert (await client.reply("POST")).status == 200
        await here.quiet()
    assert [one.body for one in here.shadow.asked] == [b"firstsecond"]
    assert here.stats.results == {"sent": 1}


async def test_chunks_are_copied_as_one_request(world: Make) -> None:
    here = await world()
    async with connected(here.gateway) as client:
        for piece in (CHUNKED, b"3\r\nabc\r\n", b"2\r\nde\r\n", b"0\r\n\r\n"):
            await client.send(piece)
            await asyncio.sleep(0)
        assert (await client.reply("POST")).status == 200
        await here.quiet()
    assert here.shadow.asked[0].body == here.stub.asked[0].body == b"abcde"


async def test_bodies_beyond_the_limit_pass_and_are_not_copied(world: Make) -> None:
    here = await world()
    async with connected(here.gateway) as client:
        assert (await client.ask(post(b"x" * 1001))).status == 200
        await client.send(CHUNKED + b"3e8\r\n" + b"x" * 1000 + b"\r\n")
        await client.send(b"1\r\nx\r\n")
        await client.send(b"0\r\n\r\n")
        assert (await client.reply("POST")).status == 200
        assert (await client.ask(post(b"x" * 1000))).status == 200
        await here.quiet()
    assert [len(one.body) for one in here.stub.asked] == [1001, 1001, 1000]
    assert [len(one.body) for one in here.shadow.asked] == [1000]
    assert here.stats.results == {"body_size": 2, "sent": 1}


async def test_what_the_caller_does_not_finish_is_not_copied(world: Make) -> None:
    here = await world()
    here.stub.stream, here.stub.answer = True, silence
    async with connected(here.gateway) as client:
        await client.send(post(b"half of it")[:-5])
        await eventually(lambda: here.stats.in_flight == 1)
        client.leave()
        await here.quiet()
    assert here.stats.results == {"incomplete": 1}
    assert here.shadow.asked == []


async def test_refused_requests_and_websockets_are_not_copied(world: Make) -> None:
    here = await world(replace(ROUTE, rate_limits=(RateLimit(1 / 3600, 1, "ip"),), upgrade="websocket"))
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    async with connected(here.gateway) as client:
        await client.ask(get("/", upgrade))
        (await client.ask(get("/"))).problem(429, "rate-limited")
    await here.quiet()
    assert here.stats.results == {}


async def test_a_percentage_of_them(world: Make) -> None:
    here = await world(replace(ROUTE, mirror=replace(MIRROR, percent=50.0, max_in_flight=1000)))
    async with connected(here.gateway) as client:
        for _ in range(200):
            assert (await client.ask(get("/"))).status == 200
    await here.quiet()
    assert 60 < here.stats.results["sent"] < 140


async def test_a_split_is_mirrored_too(start: Start, stub: Stub, stubs: Stubs) -> None:
    shadow = await stubs(hello)
    route = replace(ROUTE, split=Split((Part("v2", 1),)))
    gateway = await start(stub.endpoint("v2", "v2-1"), shadow.endpoint("shadow", "s-1"), routes=(route,))
    async with connected(gateway) as client:
        assert (await client.ask(get("/"))).status == 200
        await eventually(lambda: len(gateway.lines()) == 2)
    assert sorted(str(line["service"]) for line in gateway.lines()) == ["shadow", "v2"]


async def test_a_reply_that_never_ends_is_read_and_forgotten(world: Make) -> None:
    async def flood(talk: Talk) -> None:
        await talk.reply(b"x" * 3_000_000)

    here = await world(answer=flood)
    async with connected(here.gateway) as client:
        assert (await client.ask(get("/"))).body == b"hello"
        await here.quiet()
    assert here.stats.results == {"sent": 1}
