"""gateway.cache.shared: one cache for several gateways, on a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.gateway.cache.shared import SharedShelf, decode, encode
from arena.gateway.cache.shelf import Entry
from arena.gateway.store.store import Store
from arena.model.cache import CacheRule, CacheSettings, Purge
from arena.model.route import Route
from arena.policy.cache.kept import Kept
from tests import valkey
from tests.gateway.cache.kit import origin, said
from tests.gateway.cache.test_shelf import RULE, WAY, entry
from tests.gateway.kit import Gateway, Start, Stub, bearer, connected, eventually, get, post
from tests.policy.cache.model import asking

GUARDED = Route("web", "web", "/", cache=CacheRule(coalesce=True))
ALICE, BOB = bearer("user", sub="alice"), bearer("user", sub="bob")


@pytest.fixture
def server() -> Iterator[valkey.Server]:
    with valkey.running() as one:
        yield one


@pytest.fixture
async def store(server: valkey.Server) -> AsyncIterator[Store]:
    one = Store(server.address)
    await eventually(lambda: one.up, "it connects")
    yield one
    one.close()
    await asyncio.sleep(0)


@pytest.fixture
def shared(start: Start, stub: Stub, server: valkey.Server) -> Any:
    """`await shared()` starts one more gateway that keeps replies in the server."""

    async def make(route: Route = GUARDED, **settings: Any) -> Gateway:
        cache = CacheSettings(store="state", **settings)
        return await start(stub.endpoint(), routes=(route,), store=server.address, cache=cache)

    return make


async def keys(store: Store) -> list[bytes]:
    found: list[bytes] = await store.ask("KEYS", "*")
    return found


async def kept(shelf: SharedShelf, *entries: Entry, rule: CacheRule = RULE) -> None:
    for each in entries:
        await shelf._put(each, rule)


async def find(shelf: SharedShelf, uri: bytes, *lines: bytes, who: bytes = b"") -> Entry | None:
    return await shelf._find(uri, WAY, asking(*lines, who=who))


async def test_what_one_gateway_keeps_another_gives(shared: Any, stub: Stub, store: Store) -> None:
    service = origin(stub, "cache-control: public, max-age=60\r\nx-kind: \xe9\r\n")
    one, two = await shared(), await shared()
    async with connected(one) as first, connected(two) as second:
        reply = await first.ask(get("/a?secret=1", ALICE))
        assert said(reply) == "fwd=miss; fwd-status=200; stored"

        async def given() -> bool:
            return said(await second.ask(get("/a?secret=1", BOB))).startswith("hit")

        async with asyncio.timeout(5):
            while not await given():
                pass
        again = await second.ask(get("/a?secret=1", BOB))
        assert (again.body[:5], again.header("x-kind")) == (b"reply", "\xe9".encode().decode("latin-1"))
        count = service.count
        # What one is told to forget, all forget.
        await first.ask(post(b"", "/a?secret=1", ALICE))

        async def gone() -> bool:
            return not said(await second.ask(get("/a?secret=1", BOB))).startswith("hit")

        async with asyncio.timeout(5):
            while not await gone():
                pass
        assert service.count == count + 2
    assert not [
        key for key in await keys(store) if b"secret" in key or b"alice" in key or not key.startswith(b"arena:test:")
    ]


async def test_two_principals_never_share_what_does_not_say_so(shared: Any, stub: Stub) -> None:
    origin(stub)
    gateways = [await shared(), await shared()]
    seen: dict[bytes, set[bytes]] = {ALICE: set(), BOB: set()}
    for _ in range(5):
        for gateway in gateways:
            async with connected(gateway) as client:
                for who, bodies in seen.items():
                    bodies.add((await client.ask(get("/", who))).body)
    assert not seen[ALICE] & seen[BOB]


async def test_variants_places_and_other_names(store: Store) -> None:
    shelf, other = (SharedShelf(store, "test", 100_000) for _ in range(2))
    german = entry(b"u", b"", (b"lang",), b"lang: de")
    await kept(shelf, german, entry(b"u", b"", (b"lang",), b"lang: fr"), entry(b"u", b"alice", (b"lang",), b"lang: de"))
    for each in (shelf, other):  # one knows what tells them apart, the other finds out
        assert await find(each, b"u", b"lang: de") == german
        mine = await find(each, b"u", b"lang: de", who=b"alice")
        assert mine is not None and mine.place == b"alice" and not mine.kept.shared
        assert await find(each, b"u", b"lang: de", who=b"bob") is None
        assert await find(each, b"u", b"lang: en") is await find(each, b"v") is None
    await kept(shelf, entry(b"u", b"", (b"theme",), b"theme: dark"))
    assert await find(other, b"u", b"lang: de") is None
    assert await find(other, b"u", b"theme: dark") is not None
    assert await SharedShelf(store, "another", 9999)._find(b"u", WAY, asking(b"theme: dark")) is None


async def test_what_is_forgotten_does_not_come_back_late(store: Store) -> None:
    shelf = SharedShelf(store, "test", 100_000)
    await kept(shelf, entry(b"u"), entry(b"u", b"alice"))
    await shelf._run(b"u", b"forget", b"10.0")
    assert await find(shelf, b"u") is await find(shelf, b"u", who=b"alice") is None and shelf.size == 0
    await kept(shelf, entry(b"u"))  # it was asked for at 10.0
    assert await find(shelf, b"u") is None
    late = entry(b"u")
    await kept(shelf, replace(late, kept=replace(late.kept, asked_at=11.0)))
    assert await find(shelf, b"u") is not None


async def test_no_more_is_kept_than_there_is_room_for(store: Store) -> None:
    shelf = SharedShelf(store, "test", 15_000)
    longer = CacheRule(stale_if_error=1000.0)
    await kept(shelf, entry(b"stays", size=2000), rule=longer)
    for number in range(20):
        await kept(shelf, entry(b"%d" % number, size=2000))
        assert shelf.size <= 15_000
    assert shelf.evicted >= 16
    assert await find(shelf, b"stays") is not None and await find(shelf, b"19") is not None
    assert await find(shelf, b"0") is None
    await kept(shelf, entry(b"huge", size=20_000))
    assert await find(shelf, b"huge") is None
    sizes = await store.ask("HGETALL", "arena:test:cache:sizes")
    told = dict(zip(sizes[::2], map(int, sizes[1::2]), strict=True))
    assert told.pop(b"*") == sum(told.values()) == shelf.size
    assert len(told) + 2 == len(await keys(store))


async def test_what_is_counted_is_what_it_takes(store: Store) -> None:
    async def taken() -> int:
        told: bytes = await store.ask("INFO", "memory")
        return int(told.split(b"used_memory:")[1].split()[0])

    shelf, before = SharedShelf(store, "test", 64 * 1024 * 1024), await taken()
    for number in range(3000):
        await kept(shelf, entry(b"http://h/%d" % number, size=50))
    assert 0.7 < (await taken() - before) / shelf.size < 1.3


async def test_what_is_of_no_more_use_goes_by_itself(store: Store) -> None:
    shelf = SharedShelf(store, "test", 10_000)
    short = entry(b"short")
    lines = (b"cache-control: max-age=1",)
    await kept(shelf, replace(short, kept=replace(short.kept, lines=lines)))
    assert shelf.size > 0

    async with asyncio.timeout(10):
        while await find(shelf, b"short") is not None:
            await asyncio.sleep(0.05)
    await shelf._run(b"other", b"drop", b"nothing")
    assert shelf.size == 0


async def test_a_purge_takes_what_it_is_about_and_what_comes_late(store: Store) -> None:
    shelf = SharedShelf(store, "test", 1_000_000)
    hats, mine, shoes = entry(b"http://a/hats?b"), entry(b"http://a/hats?b", b"alice"), entry(b"https://A:1/shoes/red")
    blog = replace(hats, way=("blog:x", "web", b"/hats", b""))
    neighbour = SharedShelf(store, "another", 10_000)
    await kept(neighbour, hats)

    async def left() -> set[str]:
        found = {"hats": await find(shelf, hats.uri), "mine": await find(shelf, hats.uri, who=b"alice")}
        found |= {"shoes": await find(shelf, shoes.uri)}
        found |= {"blog": await shelf._find(blog.uri, blog.way, asking())}
        return {name for name, one in found.items() if one is not None}

    everything = {"hats", "mine", "shoes", "blog"}
    for what, gone in (
        (Purge("nothing"), set()),
        (Purge(url="/hats"), set()),
        (Purge(url="/hat", below=True), set()),
        (Purge(url="http://b/hats?b"), set()),
        (Purge("blog"), {"blog"}),
        (Purge("web", "/shoes", below=True), {"shoes"}),
        (Purge(url="https://a:1/shoes/red"), {"shoes"}),
        (Purge(url="/hats?b"), {"hats", "mine", "blog"}),
        (Purge("web", "/hats?b"), {"hats", "mine"}),
        (Purge(url="/", below=True), everything),
        (Purge(), everything),
    ):
        await store.ask("DEL", *[key for key in await keys(store) if b"arena:test:" in key] or [b"none"])
        await kept(shelf, hats, mine, shoes, blog)
        assert await left() == everything
        assert await shelf.purge(what, 10.0) == len(gone), what
        assert await left() == everything - gone, what
        sizes = await store.ask("HGETALL", "arena:test:cache:sizes")
        told = dict(zip(sizes[::2], map(int, sizes[1::2]), strict=True))
        assert told.pop(b"*", 0) == sum(told.values()) == shelf.size
    await kept(shelf, hats)  # it was asked for at 10.0
    assert await left() == set()
    other = SharedShelf(store, "test", 1_000_000)
    await kept(other, hats)  # of a gateway that has not heard of it
    assert await left() == set()
    assert await find(neighbour, hats.uri) is not None


async def test_a_purge_goes_through_many(store: Store) -> None:
    shelf = SharedShelf(store, "test", 10_000_000)
    for number in range(1500):
        await kept(shelf, entry(b"http://a/%d/x" % number))
    assert await shelf.purge(Purge(url="/7/x"), 10.0) == 1
    assert await shelf.purge(Purge(), 10.0) == 1499
    assert shelf.size == 0


async def test_a_purge_that_the_store_does_not_answer_is_not_done(store: Store, server: valkey.Server) -> None:
    shelf = SharedShelf(store, "test", 10_000)
    server.kill()
    assert await shelf.purge(Purge(), 10.0) is None


async def test_dropping_one_leaves_the_others(store: Store) -> None:
    shelf = SharedShelf(store, "test", 10_000)
    mine = entry(b"u", b"alice")
    await kept(shelf, mine, entry(b"u"))
    before = shelf.size
    shelf.drop(mine)
    await eventually(lambda: shelf.size < before)
    assert await find(shelf, b"u", who=b"alice") is None and await find(shelf, b"u") is not None


async def test_a_store_that_is_down_means_a_miss(shared: Any, stub: Stub, server: valkey.Server) -> None:
    service = origin(stub, "cache-control: public, max-age=60\r\n")
    gateway = await shared()
    async with connected(gateway) as client:
        await client.ask(get("/", ALICE))
        server.kill()
        await eventually(lambda: not gateway.view.store.reachable)
        for _ in range(3):
            assert said(await client.ask(get("/", ALICE))).startswith("fwd=miss")
        told = json.loads((await client.ask(get("/health"))).body)
        assert (told["status"], told["store"]["cache_missing"]) == ("degraded", ["web"])
        assert "arena_gateway_store_up 0" in (await client.ask(get("/metrics"))).body.decode()
        server.start()
        await eventually(lambda: gateway.view.store.up)
        await client.ask(get("/", ALICE))

        async def hit() -> bool:
            return said(await client.ask(get("/", ALICE))).startswith("hit")

        async with asyncio.timeout(5):
            while not await hit():
                pass
    assert service.count >= 5


async def test_a_client_that_leaves_while_the_store_is_asked(shared: Any, stub: Stub, server: valkey.Server) -> None:
    origin(stub)
    gateway = await shared()
    server.freeze()
    async with connected(gateway) as client:
        await client.send(get("/", ALICE))
        await eventually(lambda: gateway.plane.stats.in_flight == 1)
    await eventually(lambda: gateway.plane.stats.in_flight == 0)
    server.thaw()
    await eventually(lambda: gateway.view.store.up)
    async with connected(gateway) as client:
        assert (await client.ask(get("/", ALICE))).status == 200


LINES = st.lists(st.binary(min_size=1, max_size=20).filter(lambda line: b"\n" not in line), max_size=3).map(tuple)


@given(LINES, st.binary(max_size=50), st.booleans())
def test_what_is_written_is_read(lines: tuple[bytes, ...], body: bytes, shared: bool) -> None:
    one = Kept(200, lines, body, 1.5, 2.5, shared)
    assert decode(encode(one), shared=shared) == one


@given(st.binary(max_size=60))
def test_anything_else_is_nothing(data: bytes) -> None:
    decode(data, shared=True)


def test_what_is_no_reply() -> None:
    for data in (b"", b"[]", b"[]\n", b"1\n", b"[200, [1], 1, 1]\n", b'[200, ["a"], 1]\n', b'[200, ["a"], 1, 1]'):
        assert decode(data, shared=True) is None
