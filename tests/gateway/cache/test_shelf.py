"""gateway.cache.shelf: found by all that tells replies apart, and never more than there is room for."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from arena.gateway.cache.shelf import Entry, Shelf
from arena.model.cache import CacheRule, Purge
from arena.policy.cache.kept import Kept
from tests.policy.cache.model import asking

RULE = CacheRule()
WAY = ("web:0123456789abcdef", "web", b"/", b"")


def entry(uri: bytes = b"u", place: bytes = b"", names: tuple[bytes, ...] = (), *said: bytes, size: int = 0) -> Entry:
    kept = Kept(200, (b"cache-control: max-age=5",), b"x" * size, 10.0, 10.0, shared=not place)
    return Entry(uri, WAY, place, names, asking(*said).values(names), kept)


def test_a_variant_is_found_by_what_the_request_says() -> None:
    shelf = Shelf(10_000)
    german = entry(b"u", b"", (b"lang",), b"lang: de")
    shelf.put(german, RULE)
    shelf.put(entry(b"u", b"", (b"lang",), b"lang: fr"), RULE)
    assert shelf.find(b"u", WAY, asking(b"LANG: de")) is german
    assert shelf.find(b"u", WAY, asking()) is None
    assert shelf.find(b"u", ("other", "web", b"/", b""), asking(b"lang: de")) is None
    assert german.fits(WAY, asking(b"lang: de")) and not german.fits(WAY, asking(b"lang: fr"))
    assert len(shelf) == 2


def test_other_names_replace_all_variants() -> None:
    shelf = Shelf(10_000)
    shelf.put(entry(b"u", b"", (b"lang",), b"lang: de"), RULE)
    shelf.put(entry(b"u", b"", (b"theme",), b"theme: dark"), RULE)
    assert len(shelf) == 1
    assert shelf.find(b"u", WAY, asking(b"lang: de")) is None
    assert shelf.find(b"u", WAY, asking(b"theme: dark")) is not None


def test_ones_own_and_what_is_for_all() -> None:
    shelf = Shelf(10_000)
    mine = entry(b"u", b"alice")
    shelf.put(mine, RULE)
    shelf.put(entry(), RULE)
    assert shelf.find(b"u", WAY, asking(who=b"alice")) is mine
    assert shelf.find(b"u", WAY, asking(who=b"bob")) is None
    assert not mine.fits(WAY, asking()) and not entry().fits(WAY, asking(who=b"bob"))


def test_what_is_forgotten_does_not_come_back_late() -> None:
    shelf = Shelf(10_000)
    shelf.put(entry(b"u"), RULE)
    shelf.put(entry(b"u", b"alice"), RULE)
    shelf.forget(b"u", 10.0)
    assert (len(shelf), shelf.size) == (0, 0)
    shelf.put(entry(b"u"), RULE)  # it was asked for at 10.0
    assert len(shelf) == 0
    shelf.forget(b"unknown", 10.0)
    for number in range(5000):
        shelf.forget(b"%d" % number, 10.0)
    shelf.put(entry(b"u"), RULE)
    assert len(shelf) == 1


def test_what_was_not_asked_for_longest_goes_first() -> None:
    shelf = Shelf(3 * entry(size=1000).size)
    for name in (b"a", b"b", b"c"):
        shelf.put(entry(name, size=1000), RULE)
    assert shelf.find(b"a", WAY, asking()) is not None
    shelf.put(entry(b"d", size=1000), RULE)
    assert shelf.find(b"b", WAY, asking()) is None and shelf.find(b"a", WAY, asking()) is not None
    shelf.put(entry(b"huge", size=100_000), RULE)
    assert (len(shelf), shelf.evicted) == (3, 1)
    shelf.max_bytes = 0
    shelf.trim()
    assert (len(shelf), shelf.size, shelf._volumes) == (0, 0, {})


NAMES = st.sampled_from([(), (b"a",), (b"a", b"b")])
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "drop", "forget", "find"]), st.sampled_from([b"u", b"v"]),
              st.sampled_from([b"", b"alice", b"bob"]), NAMES, st.integers(0, 3000)),
)  # fmt: skip


@given(STEPS)
def test_books_are_kept(steps: list[tuple[str, bytes, bytes, tuple[bytes, ...], int]]) -> None:
    shelf = Shelf(5000)
    for step, uri, place, names, size in steps:
        one = entry(uri, place, names, b"a: 1", size=size)
        if step == "put":
            shelf.put(one, RULE)
        elif step == "drop":
            shelf.drop(one)
        elif step == "forget":
            shelf.forget(uri, 0.0)
        else:
            found = shelf.find(uri, WAY, asking(b"a: 1", who=place))
            assert found is None or found.fits(WAY, asking(b"a: 1", who=place))
        entries = list(shelf._entries.values())
        assert shelf.size == sum(each.size for each in entries) <= 5000
        listed = {key for ways in shelf._volumes.values() for volume in ways.values() for key in volume.keys}
        assert listed == set(shelf._entries)
        assert all(volume.keys for ways in shelf._volumes.values() for volume in ways.values())


async def test_a_purge_takes_what_it_is_about_and_what_comes_late() -> None:
    shelf = Shelf(10_000_000)
    hats, mine, shoes = entry(b"http://a/hats"), entry(b"http://a/hats", b"alice"), entry(b"http://a/shoes")
    other = replace(hats, way=("blog:x", "web", b"/hats", b""))
    for each in (hats, mine, shoes, other):
        shelf.put(each, RULE)
    assert await shelf.purge(Purge("nothing"), 9.0) == 0
    assert await shelf.purge(Purge("blog", "/hats"), 9.0) == 1
    assert await shelf.purge(Purge(url="/hats"), 9.0) == 2
    assert (len(shelf), shelf.size) == (1, shoes.size)
    shelf.put(hats, RULE)  # asked for at 10.0, later than that
    assert len(shelf) == 2
    assert await shelf.purge(Purge(), 10.0) == 2
    shelf.put(shoes, RULE)
    assert (len(shelf), shelf.size) == (0, 0)


async def test_many_are_purged_while_requests_go_on() -> None:
    shelf, beats = Shelf(10_000_000), 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    for number in range(2000):
        shelf.put(entry(b"http://a/%d" % number), RULE)
    task = asyncio.ensure_future(beat())
    assert await shelf.purge(Purge(url="/", below=True), 9.0) == 2000
    assert beats > 2
    task.cancel()


def test_what_clients_make_long_counts() -> None:
    """A short reply for each of many long URIs, and for each value of a long header."""
    shelf = Shelf(1_000_000)
    for number in range(2000):
        query = b"?%0*d" % (16_000, number)
        kept = entry(b"http://h/" + query, b"", (b"lang",), b"lang: " + b"x" * 1000).kept
        way = ("web", "web", b"/", query)
        shelf.put(Entry(b"http://h/" + query, way, b"", (b"lang",), (b"x" * 1000,), kept), RULE)
    assert shelf.size <= 1_000_000 and len(shelf) <= 1_000_000 // 33_000 < shelf.evicted
    for number in range(100):
        shelf.forget(b"http://h/" + b"y" * 16_000 + b"%d" % number, 10.0)
    assert all(isinstance(each, int) for each in shelf._forgotten), "not the URIs themselves"
