"""gateway.cache.route: replies kept and given again, with a real service behind a real gateway."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arena.gateway.view import View
from arena.model.cache import CacheSettings
from arena.model.concurrency import ConcurrencyLimit
from arena.model.traffic import Traffic
from arena.model.transform import Edit, Pair, StatusChange, Transform
from tests.gateway.cache.kit import ALICE, BOB, GUARDED, OPEN, gated, origin, ruled, said, twice
from tests.gateway.kit import (
    Cut,
    Start,
    Stub,
    Talk,
    connected,
    eventually,
    get,
)


async def test_what_is_fresh_is_given_again(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=60\r\nx-kind: a\r\n")
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        first, second = await twice(client, get("/a?x=1"))
    assert service.count == 1
    assert (first.body, second.body) == (b"reply 1", b"reply 1")
    assert said(first) == "fwd=miss; fwd-status=200; stored"
    assert said(second).startswith("hit; ttl=") and 55 <= int(said(second).rpartition("=")[2]) <= 60
    assert (second.header("age"), second.header("x-kind"), first.header("age")) == ("0", "a", None)
    assert second.header("x-request-id") and second.header("x-request-id") != first.header("x-request-id")
    lines = gateway.lines()
    assert [line["cache"] for line in lines] == ["miss", "hit"]
    assert [line["instance"] for line in lines] == ["web-1", None]


@pytest.mark.parametrize(
    "headers",
    [
        "",
        "cache-control: no-store, max-age=60\r\n",
        "cache-control: private, max-age=60\r\n",
        "cache-control: max-age=0\r\n",
        "cache-control: max-age=60\r\nvary: *\r\n",
        "cache-control: max-age=60\r\nvary: X-Forwarded-For\r\n",
        "cache-control: max-age=60\r\nset-cookie: a=b\r\n",
        "cache-control: max-age=60; public\r\n",
        "cache-control: max-age=60\r\ncontent-type: text/event-stream\r\n",
        "expires: 0\r\n",
        "cache-control: max-age=60\r\ncache-control: no-store\r\n",
        'cache-control: max-age=60, private="set-cookie"\r\n',
    ],
)
async def test_what_may_not_be_kept_is_not(start: Start, stub: Stub, headers: str) -> None:
    service = origin(stub, headers)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        first, second = await twice(client, get())
    assert (first.body, second.body, service.count) == (b"reply 1", b"reply 2", 2)
    assert said(second) == "fwd=miss; fwd-status=200"
    assert gateway.view.memory.cache is not None and gateway.view.memory.cache.store.size == 0


@pytest.mark.parametrize("how", ["length", "chunks", "close"])
async def test_a_reply_that_was_cut_is_never_kept(start: Start, stub: Stub, how: str) -> None:
    whole = False

    async def answer(talk: Talk) -> None:
        head = "HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\n"
        framing = {"length": "content-length: 10\r\n", "chunks": "transfer-encoding: chunked\r\n", "close": ""}[how]
        body = {"length": b"0123456789", "chunks": b"a\r\n0123456789\r\n0\r\n\r\n", "close": b"0123456789"}[how]
        await talk.send(f"{head}{framing}\r\n".encode() + (body if whole else body[:6]))
        if not whole or how == "close":
            talk.writer.close()

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        if how == "close":
            await client.ask(get("/"))  # the end of a connection is the end of such a reply, whoever brought it about
        else:
            with pytest.raises(Cut):
                await client.ask(get("/"))
    whole = True
    async with connected(gateway) as client:
        assert (await client.ask(get("/"))).body == b"0123456789"
    async with connected(gateway) as client:
        reply = await client.ask(get("/"))
    assert (reply.body, len(stub.asked)) == (b"0123456789", 3 if how == "close" else 2)
    assert (reply.header("content-length") == "10") is (how != "close")


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_long_reply_passes_and_is_not_kept(start: Start, stub: Stub, chunked: bool) -> None:
    async def answer(talk: Talk) -> None:
        body = b"x" * int(talk.asked.target[1:])
        if chunked:
            pieces = b"".join(b"3e8\r\n" + body[at : at + 1000] + b"\r\n" for at in range(0, len(body), 1000))
            await talk.send(
                b"HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ntransfer-encoding: chunked\r\n\r\n"
                + pieces
                + b"0\r\n\r\n"
            )
        else:
            await talk.reply(body, headers="cache-control: max-age=60\r\n")

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(ruled(max_body_bytes=100_000),))
    async with connected(gateway) as client:
        for size, asked in ((100_000, 1), (101_000, 2)):
            first, second = await twice(client, get(f"/{size}"))
            assert len(first.body) == len(second.body) == size
            assert sum(one.target == f"/{size}" for one in stub.asked) == asked


async def test_no_more_is_kept_than_there_is_room_for(start: Start, stub: Stub) -> None:
    origin(stub, body=b"x" * 10_000)
    gateway = await start(stub.endpoint(), routes=(OPEN,), cache=CacheSettings(max_bytes=50_000))
    cache = gateway.view.memory.cache
    assert cache is not None
    async with connected(gateway) as client:
        for number in range(20):
            await client.ask(get(f"/{number}"))
            await client.ask(get("/0"))
        assert cache.store.size <= 50_000 and cache.store.evicted == 16
        assert said(await client.ask(get("/0"))).startswith("hit")
        assert said(await client.ask(get("/1"))).startswith("fwd=miss")
        page = (await client.ask(get("/metrics"))).body.decode()
    assert 'arena_gateway_cache_requests_total{route="web",result="hit"} 21' in page
    assert 'arena_gateway_cache_stored_total{route="web"} 21' in page
    assert f"arena_gateway_cache_bytes {cache.store.size}" in page
    assert "arena_gateway_cache_evicted_total 17" in page


async def test_what_is_kept_takes_none_of_the_services_places(start: Start, stub: Stub) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    go.set()
    one = Traffic(concurrency=(ConcurrencyLimit(1),))
    gateway = await start(stub.endpoint(), routes=(ruled(stale_if_error=60.0),), traffic=one)
    async with connected(gateway) as client, connected(gateway) as other:
        await client.ask(get("/kept"))
        service.headers = "cache-control: max-age=0\r\n"
        await client.ask(get("/stale"))
        go.clear()
        await other.send(get("/slow"))
        await eventually(lambda: gateway.plane.stats.in_flight == 1)
        (await client.ask(get("/new"))).problem(503, "too-many-in-flight")
        assert said(await client.ask(get("/kept"))).startswith("hit")
        assert said(await client.ask(get("/stale"))) == "hit; detail=stale-if-error"
        go.set()
        assert (await other.reply()).status == 200
        await eventually(lambda: gateway.plane.stats.in_flight == 0)
        assert (await client.ask(get("/new"))).status == 200, "places are given back"


async def test_what_the_route_changes_is_changed_anew_for_each(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: public, max-age=60\r\nx-inner: 1\r\n")
    named = Edit(set=(Pair("X-For", "${principal.sub}"),), remove=("x-inner",))
    route = replace(GUARDED, transform=Transform(response=named, statuses=(StatusChange(200, 203),)))
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as client:
        mine, other = await twice(client, get("/", ALICE), get("/", BOB))
    assert service.count == 1
    assert (mine.header("x-for"), other.header("x-for")) == ("alice", "bob")
    assert [(one.status, one.header("x-inner")) for one in (mine, other)] == [(203, None)] * 2


async def test_what_is_sent_for_a_caller_is_a_part_of_the_key(start: Start, stub: Stub) -> None:
    origin(stub, "cache-control: public, max-age=60\r\n")
    route = replace(GUARDED, transform=Transform(query=Edit(set=(Pair("user", "${principal.sub}"),))))
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as client:
        mine, other = await twice(client, get("/", ALICE), get("/", BOB))
    assert (mine.body, other.body) == (b"reply 1", b"reply 2")


async def test_limits_count_hits(start: Start, stub: Stub) -> None:
    from arena.model.route import RateLimit

    origin(stub)
    route = replace(OPEN, rate_limits=(RateLimit(0.001, 2, "ip"),))
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as client:
        assert [(await client.ask(get("/"))).status for _ in range(3)] == [200, 200, 429]


async def test_what_is_kept_outlives_a_swap_and_not_its_route(start: Start, stub: Stub) -> None:
    service = origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    view: View = gateway.view
    async with connected(gateway) as client:
        await client.ask(get("/"))
        view.use_spec(replace(view.spec, settings=replace(view.spec.settings, port=1)))
        assert (await client.ask(get("/"))).body == b"reply 1"
        other = replace(OPEN, transform=Transform(request=Edit(set=(Pair("X-Tenant", "b"),))))
        view.use_spec(replace(view.spec, routes=(other,)))
        assert (await client.ask(get("/"))).body == b"reply 2"
        view.use_spec(replace(view.spec, routes=(replace(OPEN, cache=None),)))
        assert view.memory.cache is None
        assert (await client.ask(get("/"))).header("cache-status") is None
    assert service.count == 3
