"""gateway.cache.route: who gets what is kept, with a real service behind a real gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from arena.gateway.view import View
from arena.model.cache import CacheRule, CacheSettings
from arena.model.concurrency import ConcurrencyLimit
from arena.model.project import Jwt
from arena.model.route import Route
from arena.model.traffic import Traffic
from arena.model.transform import Edit, Pair, StatusChange, Transform
from tests.gateway.cache.kit import Origin, origin, said
from tests.gateway.kit import (
    SECRET,
    THEIRS,
    Client,
    Cut,
    Gateway,
    Reply,
    Start,
    Stub,
    Talk,
    bearer,
    connected,
    eventually,
    get,
    post,
    theirs,
)

OPEN = Route("web", "web", "/", auth="none", cache=CacheRule())
GUARDED = Route("web", "web", "/", cache=CacheRule())
ALICE, BOB = bearer("user", sub="alice"), bearer("user", sub="bob")


def ruled(route: Route = OPEN, **rule: Any) -> Route:
    return replace(route, cache=CacheRule(**rule))


async def twice(client: Client, first: bytes, second: bytes | None = None) -> tuple[Reply, Reply]:
    return await client.ask(first), await client.ask(second or first)


async def test_what_is_fresh_is_given_again(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=60\r\nx-kind: a\r\n")
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        first, second = await twice(client, get("/a?x=1"))
    assert service.count == 1
    assert (first.body, second.body) == (b"reply 1", b"reply 1")
    assert said(first) == "fwd=uri-miss; fwd-status=200; stored"
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
    assert said(second) == "fwd=uri-miss; fwd-status=200"
    assert gateway.view.memory.cache is not None and gateway.view.memory.cache.store.size == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (get("/?a=1&b=2"), get("/?b=2&a=1")),
        (get("/a"), get("/a/")),
        (get("/a%2Fb"), get("/a/b")),
        (get("/a"), get("/a?")),
        (get("/"), get("/").replace(b"gw.example", b"evil.example")),
        (get("/"), get("/").replace(b"gw.example", b"gw.example:81")),
    ],
)
async def test_other_uris_have_other_replies(start: Start, stub: Stub, one: bytes, other: bytes) -> None:
    origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        first, second = await twice(client, one, other)
    assert (first.body, second.body) == (b"reply 1", b"reply 2")


async def test_one_uri_in_other_words_is_the_same(start: Start, stub: Stub) -> None:
    origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        assert (await client.ask(get("/a/b%41"))).body == (await client.ask(get("/a/./c/../bA"))).body


@pytest.mark.parametrize(
    "line",
    [
        b"X-HTTP-Method-Override: DELETE\r\n",
        b"X-Original-URL: /admin\r\n",
        b"X-Rewrite-URL: /admin\r\n",
        b"X-Host: evil\r\n",
        b"Range: bytes=0-1\r\n",
        b'If-Match: "a"\r\n',
        b"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
        b'Range: bytes=0-1\r\nIf-Range: "a"\r\n',
    ],
)
async def test_requests_that_could_poison_or_split_it_pass_by_both_ways(start: Start, stub: Stub, line: bytes) -> None:
    service = origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        poison = await client.ask(get("/", line))
        assert said(poison) == "fwd=bypass"
        clean = await client.ask(get("/"))
        assert (clean.body, said(clean)) == (b"reply 2", "fwd=uri-miss; fwd-status=200; stored")
        assert (await client.ask(get("/", line))).body == b"reply 3"
        assert (await client.ask(get("/"))).body == b"reply 2"
    assert service.count == 3


async def test_forwarding_headers_reach_neither_service_nor_key(start: Start, stub: Stub) -> None:
    service = origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        first, second = await twice(client, get("/", b"X-Forwarded-Host: evil\r\nX-Forwarded-Proto: ftp\r\n"), get("/"))
    assert service.seen[0].header("x-forwarded-host") == "gw.example"
    assert (first.body, second.body) == (b"reply 1", b"reply 1")


async def test_a_get_with_a_body_is_nobody_elses(start: Start, stub: Stub) -> None:
    origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        assert said(await client.ask(post(b"poison", method="GET"))) == "fwd=bypass"
        assert (await client.ask(get())).body == b"reply 2"


async def test_two_principals_never_share_what_does_not_say_so(start: Start, stub: Stub) -> None:
    service = origin(stub)
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    async with connected(gateway) as client:
        mine, again = await twice(client, get("/", ALICE))
        other = await client.ask(get("/", BOB))
        as_admin = await client.ask(get("/", bearer("admin", sub="alice")))
        new_token = await client.ask(get("/", bearer("user", sub="alice", ttl=61, jti="another")))
    assert (mine.body, again.body, other.body, as_admin.body) == (b"reply 1", b"reply 1", b"reply 2", b"reply 3")
    assert new_token.body == b"reply 1"
    assert service.count == 3


@pytest.mark.parametrize("cache_control", ["max-age=60", "private, max-age=60", "private, public, max-age=60"])
async def test_two_issuers_callers_of_one_name_never_share(start: Start, stub: Stub, cache_control: str) -> None:
    origin(stub, f"cache-control: {cache_control}\r\n")
    route = ruled(GUARDED, coalesce=True)
    gateway = await start(stub.endpoint(), routes=(route,), issuers=(Jwt(SECRET), THEIRS))
    who = [ALICE, theirs("user", sub="alice"), bearer("user", sub="them/alice")]
    async with connected(gateway) as client:
        replies = [(await client.ask(get("/", each))).body for each in (*who, *who)]
    assert replies == [b"reply 1", b"reply 2", b"reply 3"] * 2


@pytest.mark.parametrize("said_so", ["public, max-age=60", "s-maxage=60", "must-revalidate, max-age=60"])
async def test_two_principals_share_what_says_so(start: Start, stub: Stub, said_so: str) -> None:
    origin(stub, f"cache-control: {said_so}\r\n")
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    async with connected(gateway) as client:
        mine, other = await twice(client, get("/", ALICE), get("/", BOB))
        assert (mine.body, other.body) == (b"reply 1", b"reply 1")
        # The credential is asked for before anything is given.
        assert (await client.ask(get("/"))).status == 401


async def test_private_replies_stay_with_their_caller(start: Start, stub: Stub) -> None:
    origin(stub, "cache-control: private, public, max-age=60, s-maxage=600\r\n")
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    async with connected(gateway) as client:
        mine, again = await twice(client, get("/", ALICE))
        assert (mine.body, again.body) == (b"reply 1", b"reply 1")
        assert (await client.ask(get("/", BOB))).body == b"reply 2"


async def test_per_all_keeps_nothing_for_one_alone(start: Start, stub: Stub) -> None:
    origin(stub)
    gateway = await start(stub.endpoint(), routes=(ruled(GUARDED, per="all"),))
    async with connected(gateway) as client:
        mine, again = await twice(client, get("/", ALICE))
    assert (mine.body, again.body) == (b"reply 1", b"reply 2")


@pytest.mark.parametrize("line", [b"Cookie: session=alice\r\n", b"Authorization: Basic YTpi\r\n", b"X-API-Key: k\r\n"])
async def test_credentials_on_a_public_route_make_a_place_of_their_own(start: Start, stub: Stub, line: bytes) -> None:
    origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        mine, again = await twice(client, get("/", line))
        stranger = await client.ask(get("/"))
        other = await client.ask(get("/", line.replace(b"\r\n", b"2\r\n")))
        mine_still = await client.ask(get("/", line))
    assert (mine.body, again.body, stranger.body, other.body) == (b"reply 1", b"reply 1", b"reply 2", b"reply 3")
    assert mine_still.body == b"reply 1"  # and not the stranger's


async def test_a_cookie_tells_the_users_of_one_principal_apart(start: Start, stub: Stub) -> None:
    origin(stub)
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    async with connected(gateway) as client:
        one, two = await twice(client, get("/", ALICE, b"Cookie: user=1\r\n"), get("/", ALICE, b"Cookie: user=2\r\n"))
    assert (one.body, two.body) == (b"reply 1", b"reply 2")


async def test_variants(start: Start, stub: Stub) -> None:
    origin(stub, "cache-control: max-age=60\r\nvary: Accept-Language, X-Theme\r\n")
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    german, french = b"Accept-Language: de\r\n", b"accept-language:  fr \r\n"
    async with connected(gateway) as client:
        assert [(await client.ask(get("/", line))).body for line in (german, french, german, french, b"")] == [
            b"reply 1", b"reply 2", b"reply 1", b"reply 2", b"reply 3",
        ]  # fmt: skip
        empty = await client.ask(get("/", b"Accept-Language:\r\n"))
        assert empty.body == b"reply 4"  # there, and saying nothing: that is not the same


async def test_vary_of_the_route_and_of_compressed_replies(start: Start, stub: Stub) -> None:
    service = origin(stub)
    gateway = await start(stub.endpoint(), routes=(ruled(vary=("x-tenant",)),))
    async with connected(gateway) as client:
        one, two = await twice(client, get("/", b"X-Tenant: a\r\n"), get("/", b"X-Tenant: b\r\n"))
        assert (one.body, two.body) == (b"reply 1", b"reply 2")
        service.headers = "cache-control: max-age=60\r\ncontent-encoding: gzip\r\n"
        one, two = await twice(client, get("/z", b"Accept-Encoding: gzip\r\n"), get("/z"))
        assert (one.body, two.body) == (b"reply 3", b"reply 4")


async def test_vary_by_authorization(start: Start, stub: Stub) -> None:
    origin(stub, "cache-control: public, max-age=60\r\nvary: Authorization\r\n")
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    async with connected(gateway) as client:
        mine, other = await twice(client, get("/", ALICE), get("/", BOB))
        assert (mine.body, other.body) == (b"reply 1", b"reply 2")
        assert (await client.ask(get("/", ALICE))).body == b"reply 1"


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
        assert (known.status, said(known)) == (304, "fwd=uri-miss; fwd-status=304")
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
        assert said(await reader.ask(get("/"))).startswith("fwd=uri-miss")


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
        assert said(await client.ask(get("/1"))).startswith("fwd=uri-miss")
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


# Several who ask for the same.

TOGETHER = ruled(coalesce=True)


async def many(gateway: Gateway, count: int, *lines: bytes) -> list[Reply]:
    async def one() -> Reply:
        async with connected(gateway) as client:
            return await client.ask(get("/", *lines))

    return list(await asyncio.gather(*(one() for _ in range(count))))


def gated(stub: Stub, headers: str) -> tuple[asyncio.Event, Origin]:
    go, service = asyncio.Event(), origin(stub, headers)

    async def answer(talk: Talk) -> None:
        await go.wait()
        await service(talk)

    stub.answer = answer
    return go, service


def waiting(gateway: Gateway, count: int) -> Callable[[], bool]:
    return lambda: gateway.plane.stats.in_flight == count


async def test_a_thousand_callers_are_one_request(start: Start, stub: Stub) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    gateway = await start(stub.endpoint(), routes=(TOGETHER,), max_connections=2000)
    asking = asyncio.create_task(many(gateway, 1000))
    await eventually(waiting(gateway, 1000))
    go.set()
    replies = await asking
    assert service.count == 1
    assert {(one.status, one.body) for one in replies} == {(200, b"reply 1")}
    assert sum("collapsed" in said(one) for one in replies) == 999
    assert len({one.header("x-request-id") for one in replies}) == 1000


@pytest.mark.parametrize("headers", ["cache-control: no-store\r\n", "cache-control: max-age=60\r\nset-cookie: a=b\r\n"])
async def test_nobody_waits_for_what_is_not_theirs(start: Start, stub: Stub, headers: str) -> None:
    go, service = gated(stub, headers)
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    asking = asyncio.create_task(many(gateway, 20))
    await eventually(waiting(gateway, 20))
    go.set()
    replies = await asking
    assert (service.count, len({one.body for one in replies})) == (20, 20)
    go.clear()
    asking = asyncio.create_task(many(gateway, 5))  # nobody waits for such a reply again
    await eventually(lambda: len(stub.asked) == 25)
    go.set()
    await asking


async def test_two_principals_do_not_wait_for_each_other(start: Start, stub: Stub) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    gateway = await start(stub.endpoint(), routes=(replace(GUARDED, cache=CacheRule(coalesce=True)),))
    asking = asyncio.gather(*(many(gateway, 5, who) for who in (ALICE, BOB)))
    await eventually(lambda: len(stub.asked) == 2 and gateway.plane.stats.in_flight == 10)
    go.set()
    mine, other = await asking
    assert service.count == 2
    assert len({one.body for one in mine}) == len({one.body for one in other}) == 1
    assert mine[0].body != other[0].body


async def test_when_the_first_leaves_another_goes(start: Start, stub: Stub) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    async with connected(gateway) as first:
        await first.send(get("/"))
        await eventually(lambda: len(stub.asked) == 1)
        asking = asyncio.create_task(many(gateway, 10))
        await eventually(waiting(gateway, 11))
    await eventually(lambda: len(stub.asked) == 2)
    go.set()
    replies = await asking
    assert len({one.body for one in replies}) == 1 and {one.status for one in replies} == {200}
    assert len(stub.asked) == 2
    assert service.count == 2


async def test_many_ask_about_a_stale_reply_once(start: Start, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    service.etag = '"v1"'
    go.set()
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    async with connected(gateway) as client:
        await client.ask(get("/"))
    go.clear()
    later = time.time() + 3600.0
    for module in ("route", "fetch"):
        monkeypatch.setattr(f"arena.gateway.cache.{module}.time", lambda: later)
    asking = asyncio.create_task(many(gateway, 50))
    await eventually(waiting(gateway, 50))
    go.set()
    replies = await asking
    assert {(one.status, one.body) for one in replies} == {(200, b"reply 1")}
    assert service.count == 2


async def test_a_failure_is_not_shared(start: Start, stub: Stub) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    service.status = "500 Oops"
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    asking = asyncio.create_task(many(gateway, 10))
    await eventually(waiting(gateway, 10))
    go.set()
    assert [one.status for one in await asking] == [500] * 10
    assert service.count == 10


async def test_events_are_not_waited_for_beyond_their_head(start: Start, stub: Stub) -> None:
    async def events(talk: Talk) -> None:
        await talk.send(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: max-age=60\r\n"
            b"transfer-encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n"
        )
        await asyncio.sleep(60)

    stub.answer = events
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(get("/"))
        await two.send(get("/"))
        for client in (one, two):
            assert b"data: 1" in await client.reader.readuntil(b"data: 1\n")


async def test_a_reply_that_grows_too_long_is_waited_for_no_longer(start: Start, stub: Stub) -> None:
    go = asyncio.Event()

    async def endless(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ntransfer-encoding: chunked\r\n\r\n")
        await go.wait()
        while True:
            await talk.send(b"400\r\n" + b"x" * 1024 + b"\r\n")
            await asyncio.sleep(0.001)

    stub.answer = endless
    gateway = await start(stub.endpoint(), routes=(ruled(coalesce=True, max_body_bytes=2000),))
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(get("/"))
        await eventually(lambda: len(stub.asked) == 1)
        await two.send(get("/"))
        await eventually(waiting(gateway, 2))
        go.set()
        assert b"x" * 1000 in await two.reader.readuntil(b"x" * 1000)
    assert len(stub.asked) == 2


async def test_waiting_has_an_end(start: Start, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.gateway.cache.route.WAIT_SECONDS", 0.05)
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    asking = asyncio.create_task(many(gateway, 3))
    await eventually(lambda: len(stub.asked) == 3)
    go.set()
    assert [one.status for one in await asking] == [200] * 3
    assert service.count == 3


async def test_one_who_waits_and_leaves_troubles_nobody(start: Start, stub: Stub) -> None:
    go, service = gated(stub, "cache-control: no-store\r\n")
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    async with connected(gateway) as first:
        await first.send(get("/"))
        await eventually(lambda: len(stub.asked) == 1)
        async with connected(gateway) as second:
            await second.send(get("/"))
            await eventually(waiting(gateway, 2))
        await eventually(waiting(gateway, 1))
        go.set()
        assert (await first.reply()).status == 200
    await eventually(waiting(gateway, 0))
    assert service.count == 1
    assert sorted(str(line["outcome"]) for line in gateway.lines()) == ["left", "served"]
