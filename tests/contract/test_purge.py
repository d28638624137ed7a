"""A purge means the same wherever replies are kept: what `policy.cache.purge` says it is about, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from arena.gateway.cache.key import Way
from arena.gateway.cache.shared import SharedShelf
from arena.gateway.cache.shelf import Entry, Shelf
from arena.gateway.store.store import Store
from arena.model.cache import CacheRule, Purge
from arena.policy.cache.kept import Kept
from arena.policy.cache.purge import covers, normal
from tests import valkey
from tests.gateway.kit import eventually
from tests.policy.cache.model import asking

RULE = CacheRule()
URIS = (
    b"http://a/", b"http://a/?x", b"http://a/x", b"http://a/x?", b"http://a/x?y=/z", b"http://a/x/", b"http://a/x/y",
    b"http://a/xy", b"http://a/x%2Fy", b"http://a/x;v=1/y", b"https://a/x", b"http://A:80/x", b"http://b.a/x",
    b"http://a/caf%C3%A9", b"http://a/x/%25", b"http://a/-[0-9]/x",
)  # fmt: skip
ROUTES = ("shop", "shop:2", "s")
URLS = (
    "", "/", "/x", "/x?", "/x?y=/z", "/x/", "/x/y", "/x%2Fy", "/x;v=1", "/caf\u00e9", "/-[0-9]", "http://a", "https://a/x",
    "http://a:80/x", "http://A/x/y",
)  # fmt: skip


@dataclass
class Memory:
    """In this process."""

    shelf: Shelf

    async def put(self, entry: Entry) -> None:
        self.shelf.put(entry, RULE)

    async def find(self, uri: bytes, way: Way) -> Entry | None:
        return self.shelf.find(uri, way, asking())


@dataclass
class Shared:
    """In a Valkey server."""

    shelf: SharedShelf

    async def put(self, entry: Entry) -> None:
        await self.shelf._put(entry, RULE)

    async def find(self, uri: bytes, way: Way) -> Entry | None:
        return await self.shelf._find(uri, way, asking())


@pytest.fixture(params=["memory", "valkey"])
async def kept(request: pytest.FixtureRequest) -> AsyncIterator[Memory | Shared]:
    if request.param == "memory":
        yield Memory(Shelf(10_000_000))
        return
    with valkey.running() as server:
        store = Store(server.address)
        await eventually(lambda: store.up)
        yield Shared(SharedShelf(store, "test", 10_000_000))
        store.close()
        await asyncio.sleep(0)


def entry(uri: bytes, route: str, asked_at: float) -> Entry:
    reply = Kept(200, (b"cache-control: max-age=500",), b"x", asked_at, asked_at, shared=True)
    return Entry(uri, (f"{route}:mark", "web", b"/", b""), b"", (), (), reply)


async def test_what_it_is_about_and_nothing_else(kept: Memory | Shared) -> None:
    purges = [
        normal(Purge(route, url, below))
        for route in ("", "shop", "2")
        for url in URLS
        for below in ((False, True) if url and "?" not in url else (False,))
    ]
    everything = [entry(uri, route, 0.0) for uri in URIS for route in ROUTES]
    for at, what in enumerate(purges, start=1):
        for each in everything:
            await kept.put(entry(each.uri, each.way[0].removesuffix(":mark"), at + 0.5))
        about = covers(what)
        gone = {(one.uri, one.way) for one in everything if about(one.uri, one.way[0].removesuffix(":mark"))}
        assert await kept.shelf.purge(what, at) == len(gone), what
        for one in everything:
            found = await kept.find(one.uri, one.way)
            assert (found is None) is ((one.uri, one.way) in gone), (what, one.uri, one.way)


async def test_what_was_asked_for_before_comes_too_late(kept: Memory | Shared) -> None:
    await kept.put(entry(URIS[0], "shop", 1.0))
    assert await kept.shelf.purge(Purge("shop"), 5.0) == 1
    await kept.put(entry(URIS[0], "shop", 4.0))
    assert await kept.find(URIS[0], entry(URIS[0], "shop", 0.0).way) is None
    await kept.put(entry(URIS[0], "shop", 6.0))
    assert await kept.find(URIS[0], entry(URIS[0], "shop", 0.0).way) is not None
