"""gateway.cache.route: who gets what is kept, and who never does."""

from __future__ import annotations

import pytest

from arena.model.project import Jwt
from tests.gateway.cache.kit import ALICE, BOB, GUARDED, OPEN, origin, ruled, said, twice
from tests.gateway.kit import (
    SECRET,
    THEIRS,
    Start,
    Stub,
    bearer,
    connected,
    get,
    post,
    theirs,
)


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
        b"Range: bytes=0-1,3-4\r\n",
        b'If-Match: "a"\r\n',
        b"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
        b'Range: lines=0-1\r\nIf-Range: "a"\r\n',
    ],
)
async def test_requests_that_could_poison_or_split_it_pass_by_both_ways(start: Start, stub: Stub, line: bytes) -> None:
    service = origin(stub)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        poison = await client.ask(get("/", line))
        assert said(poison) == "fwd=bypass"
        clean = await client.ask(get("/"))
        assert (clean.body, said(clean)) == (b"reply 2", "fwd=miss; fwd-status=200; stored")
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
