"""gateway.cache.route: what is stale, asked about, invalid, or given all the same."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from arena.model.match import Condition
from arena.model.route import Route
from tests.gateway.cache.kit import ALICE, BOB, GUARDED, OPEN, origin, ruled, said, twice
from tests.gateway.kit import (
    QUICK,
    Start,
    Stub,
    Talk,
    connected,
    eventually,
    get,
    nowhere,
    post,
    silence,
)


async def test_head_is_answered_from_a_kept_get(start: Start, stub: Stub) -> None:
    service = origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        assert (await client.ask(get("/", method="HEAD"))).body == b""
        await client.ask(get("/"))
        head = await client.ask(get("/", method="HEAD"))
        assert (head.status, head.body, head.header("content-length")) == (200, b"", "7")
        assert said(head).startswith("hit")
    assert [asked.method for asked in service.seen] == ["HEAD", "GET"]


async def test_a_stale_reply_is_asked_about_and_kept_on(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=0\r\nx-version: 1\r\n", etag='"v1"')
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        first = await client.ask(get("/"))
        service.headers = "cache-control: max-age=60\r\nx-version: 2\r\n"
        second = await client.ask(get("/"))
        third = await client.ask(get("/"))
    assert [one.status for one in (first, second, third)] == [200, 200, 200]
    assert {one.body for one in (first, second, third)} == {b"reply 1"}
    assert service.seen[1].header("if-none-match") == '"v1"'
    assert (second.header("x-version"), third.header("x-version")) == ("2", "2")
    assert said(second) == "fwd=stale; fwd-status=304; stored" and said(third).startswith("hit")
    assert second.header("content-length") == "7"
    assert (service.count, stub.connections) == (2, 1)


async def test_a_stale_reply_gives_way_to_a_new_one(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=0\r\n", etag='"v1"')
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        await client.ask(get("/"))
        service.etag, service.headers = '"v2"', "cache-control: max-age=60\r\n"
        second, third = await twice(client, get("/"))
    assert (second.body, third.body) == (b"reply 2", b"reply 2")
    assert said(second) == "fwd=stale; fwd-status=200; stored"


async def test_asked_by_date_where_there_is_no_tag(start: Start, stub: Stub) -> None:
    modified = "Sun, 06 Nov 1994 08:49:37 GMT"
    origin(stub, f"cache-control: max-age=0\r\nlast-modified: {modified}\r\n")
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        await twice(client, get("/"))
    assert stub.asked[1].header("if-modified-since") == modified


async def test_a_304_about_something_else_updates_nothing(start: Start, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        if talk.asked.header("if-none-match"):
            await talk.send(b'HTTP/1.1 304 Not Modified\r\netag: "other"\r\ncache-control: max-age=60\r\n\r\n')
        else:
            await talk.reply(headers='etag: "v1"\r\ncache-control: max-age=0\r\n')

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        replies = [await client.ask(get("/")) for _ in range(3)]
    assert [one.status for one in replies] == [200, 200, 200]
    assert [one.header("etag") for one in replies] == ['"v1"'] * 3
    assert said(replies[1]) == "fwd=stale; fwd-status=304"
    assert stub.asked[2].header("if-none-match") is None


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b'If-None-Match: "v1"\r\n', 304),
        (b'If-None-Match: W/"v1"\r\n', 304),
        (b'If-None-Match: "x", W/"v1"\r\n', 304),
        (b"If-None-Match: *\r\n", 304),
        (b'If-None-Match: "v2"\r\n', 200),
        (b"If-None-Match: v1\r\n", 200),
        (b"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 304),
        (b"If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 200),
        (b"If-Modified-Since: yesterday\r\n", 200),
        (b'If-None-Match: "x"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n', 200),
    ],
)
async def test_clients_that_have_it_are_told_so(start: Start, stub: Stub, line: bytes, status: int) -> None:
    service = origin(
        stub, "cache-control: max-age=60\r\nlast-modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", etag='W/"v1"'
    )
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        await client.ask(get("/"))
        reply = await client.ask(get("/", line))
        assert (reply.status, reply.body) == (status, b"" if status == 304 else b"reply 1")
        assert reply.header("etag") == 'W/"v1"'
        assert (await client.ask(get("/"))).status == 200
    assert service.count == 1


async def test_a_clients_own_question_is_not_mistaken_for_ours(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=60\r\n", etag='"v1"')
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        known = await client.ask(get("/", b'If-None-Match: "v1"\r\n'))
        assert (known.status, said(known)) == (304, "fwd=miss; fwd-status=304")
        assert (await client.ask(get("/"))).status == 200
        service.headers = "cache-control: max-age=0\r\n"
        await client.ask(get("/b"))
        both = await client.ask(get("/b", b'If-None-Match: "v1"\r\n'))
        assert both.status == 304  # the service said that ours still holds, and the client has it as well
        old = await client.ask(get("/b", b'If-None-Match: "v0"\r\n'))
        assert (old.status, old.body) == (200, b"reply 3")


async def test_what_the_request_says_about_freshness(start: Start, stub: Stub) -> None:
    service = origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        missing = await client.ask(get("/", b"Cache-Control: only-if-cached\r\n"))
        missing.problem(504, "not-cached")
        await client.ask(get("/", b"Cache-Control: no-store\r\n"))
        assert gateway.view.memory.cache is not None and not gateway.view.memory.cache.store.size
        await client.ask(get("/"))
        assert said(await client.ask(get("/", b"Cache-Control: only-if-cached\r\n"))).startswith("hit")
        assert said(await client.ask(get("/", b"Cache-Control: max-age=5\r\n"))).startswith("hit")
        assert said(await client.ask(get("/", b"Cache-Control: min-fresh=61\r\n"))).startswith("fwd=stale")
        assert said(await client.ask(get("/", b"Cache-Control: no-cache\r\n"))).startswith("fwd=request")
        assert said(await client.ask(get("/", b"Pragma: no-cache\r\n"))).startswith("fwd=request")
    assert service.count == 5


async def test_an_unsafe_method_makes_it_invalid(start: Start, stub: Stub) -> None:
    service = origin(stub)
    reads = replace(OPEN, methods=("GET",))
    writes = Route("writes", "web", "/", methods=("POST", "PUT"), auth="none")
    gateway = await start(stub.endpoint(), routes=(reads, writes))
    async with connected(gateway) as client:
        await twice(client, get("/a"), get("/b"))
        service.status = "409 Conflict"
        await client.ask(post(b"x", "/a"))
        assert (await client.ask(get("/a"))).body == b"reply 1"
        service.status = "204 No Content"
        await client.ask(post(b"x", "/a", method="PUT"))
        service.status = "200 OK"
        assert (await client.ask(get("/a"))).body == b"reply 5"
        assert (await client.ask(get("/b"))).body == b"reply 2"


async def test_an_unsafe_method_reaches_every_callers_copy(start: Start, stub: Stub) -> None:
    origin(stub)
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    async with connected(gateway) as client:
        await twice(client, get("/", ALICE), get("/", BOB))
        assert said(await client.ask(post(b"", "/", ALICE))) == "fwd=method"
        assert [(await client.ask(get("/", who))).body for who in (ALICE, BOB)] == [b"reply 4", b"reply 5"]


async def test_a_reply_that_was_under_way_during_a_change_is_not_kept(start: Start, stub: Stub) -> None:
    go = asyncio.Event()

    async def answer(talk: Talk) -> None:
        if talk.asked.method == "GET":
            await go.wait()
        await talk.reply(headers="cache-control: max-age=60\r\n")

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as reader, connected(gateway) as writer:
        await reader.send(get("/"))
        await eventually(lambda: len(stub.asked) == 1)
        await writer.ask(post(b"x"))
        go.set()
        await reader.reply()
        assert said(await reader.ask(get("/"))).startswith("fwd=miss")


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_a_change_whose_reply_is_lost_may_have_been_made(start: Start, stub: Stub, method: str) -> None:
    service = origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,), timeouts=QUICK)

    async def hangs(talk: Talk) -> None:
        await (silence if talk.asked.method != "GET" else service)(talk)

    stub.answer = hangs
    async with connected(gateway) as client:
        await client.ask(get("/"))
        assert (await client.ask(post(b"x", method=method))).status == 504
        assert (await client.ask(get("/"))).body == b"reply 2"


async def test_a_change_that_never_left_forgets_nothing(start: Start, stub: Stub) -> None:
    origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        await client.ask(get("/"))
        gateway.endpoints(nowhere("web-1"))
        assert (await client.ask(post(b"x"))).status == 502
        gateway.endpoints()
        assert (await client.ask(post(b"x"))).status == 503
        assert (await client.ask(get("/"))).body == b"reply 1"


async def test_who_asks_after_a_change_does_not_wait_for_what_was_asked_before(start: Start, stub: Stub) -> None:
    """The first GET hangs, a PUT is done, and then comes a second GET: it may not be given what the first one brings."""
    go, count = asyncio.Event(), 0

    async def answer(talk: Talk) -> None:
        nonlocal count
        if talk.asked.method != "GET":
            await talk.reply()
            return
        count += 1
        body = b"reply %d" % count
        if count == 1:
            await go.wait()
        await talk.reply(body, headers="cache-control: max-age=60\r\n")

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(ruled(coalesce=True),), timeouts=replace(QUICK, first_byte=5.0))
    async with connected(gateway) as early, connected(gateway) as waits, connected(gateway) as writer:
        await early.send(get("/"))
        await eventually(lambda: len(stub.asked) == 1)
        await waits.send(get("/"))
        await eventually(lambda: gateway.plane.stats.in_flight == 2)
        await writer.ask(post(b"x", method="PUT"))
        late = await writer.ask(get("/"))
        assert (late.body, said(late)) == (b"reply 2", "fwd=miss; fwd-status=200; stored")
        go.set()
        assert [(await one.reply()).body for one in (early, waits)] == [b"reply 1"] * 2
        assert (await writer.ask(get("/"))).body == b"reply 2"


async def test_a_change_through_a_route_with_conditions_is_heard_of(start: Start, stub: Stub) -> None:
    origin(stub)
    drafts = Route(
        "drafts", "web", "/a/b", auth="none", match=(Condition("header", "x-draft", "present"),), hosts=("gw.example",)
    )
    gateway = await start(stub.endpoint(), routes=(OPEN, drafts))
    async with connected(gateway) as client:
        await twice(client, get("/a/b"), get("/a"))
        await client.ask(post(b"x", "/a/b", b"X-Draft: 1\r\n"))
        assert (await client.ask(get("/a/b"))).body == b"reply 4"
        assert (await client.ask(get("/a"))).body == b"reply 2"


async def test_stale_while_revalidate(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=0, stale-while-revalidate=60\r\n")
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        await client.ask(get("/"))
        service.headers = "cache-control: max-age=60\r\n"
        stale = await client.ask(get("/"))
        assert (stale.body, said(stale)) == (b"reply 1", "hit; ttl=0")
        await eventually(lambda: service.count == 2 and gateway.plane.stats.in_flight == 0)
        assert (await client.ask(get("/"))).body == b"reply 2"
    results = [(line.get("cache"), line.get("errand")) for line in gateway.lines()]
    assert sorted(results, key=str) == [("hit", None), ("miss", "revalidate"), ("miss", None), ("stale", None)]


async def test_the_route_says_how_stale_where_the_reply_does_not(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=0\r\n")
    gateway = await start(stub.endpoint(), routes=(ruled(stale_while_revalidate=60.0),))
    async with connected(gateway) as client:
        assert (await twice(client, get("/")))[1].body == b"reply 1"
        await eventually(lambda: service.count == 2 and gateway.plane.stats.in_flight == 0)
        service.headers = "cache-control: max-age=0, must-revalidate\r\n"
        await client.ask(get("/b"))
        assert said(await client.ask(get("/b"))).startswith("fwd=")


@pytest.mark.parametrize("how", ["500", "refused", "silent", "gone"])
async def test_stale_if_error(start: Start, stub: Stub, how: str) -> None:
    service = origin(stub, "cache-control: max-age=0, stale-if-error=60\r\nx-kind: kept\r\n")
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        await client.ask(get("/"))
        if how == "500":
            service.status, service.body = "500 Oops", b"x" * 100_000
        elif how == "refused":
            await stub.stop()
        elif how == "gone":
            gateway.endpoints()
        else:

            async def silent(talk: Talk) -> None:
                talk.writer.close()

            stub.answer = silent
        for _ in range(2):
            reply = await client.ask(get("/"))
            assert (reply.status, reply.body, reply.header("x-kind")) == (200, b"reply 1", "kept")
            assert "stale-if-error" in said(reply)
        fresh = await client.ask(get("/other"))
        assert fresh.status >= 500


async def test_a_failure_is_a_failure_without_it(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=0, must-revalidate\r\n", etag='"v1"')
    gateway = await start(stub.endpoint(), routes=(ruled(stale_if_error=60.0),))
    async with connected(gateway) as client:
        await client.ask(get("/"))
        service.status, service.etag = "503 Busy", '"none"'
        assert (await client.ask(get("/"))).status == 503
        await stub.stop()
        assert (await client.ask(get("/"))).status == 502


async def test_default_freshness_is_for_replies_that_do_not_say(start: Start, stub: Stub) -> None:
    service = origin(stub, "")
    gateway = await start(stub.endpoint(), routes=(ruled(ttl=60.0),))
    async with connected(gateway) as client:
        one, two = await twice(client, get("/"))
        assert (one.body, two.body) == (b"reply 1", b"reply 1")
        service.headers = "cache-control: no-cache\r\n"
        assert {one.body for one in await twice(client, get("/b"))} == {b"reply 2", b"reply 3"}
        service.headers, service.status = "", "404 Not Found"
        assert {one.body for one in await twice(client, get("/c"))} == {b"reply 4", b"reply 5"}


async def test_a_clock_that_was_set_back(start: Start, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    now = time.time()
    offset = 0.0
    for module in ("route", "fetch"):
        monkeypatch.setattr(f"arena.gateway.cache.{module}.time", lambda: now + offset)
    async with connected(gateway) as client:
        await client.ask(get("/"))
        offset = -3600.0
        again = await client.ask(get("/"))
        assert (again.body, said(again)) == (b"reply 2", "fwd=stale; fwd-status=200; stored")
        offset = 3600.0
        assert (await client.ask(get("/"))).body == b"reply 3"
