import asyncio
from collections.abc import AsyncIterator

import pytest

from arena.clock import SystemClock
from arena.model.service import Probe
from arena.registry.checker import Checker
from arena.registry.entry import Check, Entry, Registration

KEY = ("web", "web-1")


class Watched:
    def __init__(self) -> None:
        self.changes: list[tuple[str, str]] = []
        self._changed = asyncio.Event()
        self.checker = Checker(self._note, SystemClock())

    def _note(self, _key: tuple[str, str], health: str, detail: str) -> None:
        self.changes.append((health, detail))
        self._changed.set()

    async def sees(self, count: int) -> list[tuple[str, str]]:
        async with asyncio.timeout(10):
            while len(self.changes) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.changes


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    watched = Watched()
    yield watched
    await watched.checker.close()


def entry(stub, health="unknown", **terms) -> Entry:
    probe = Probe(http="/health", interval=0.03, timeout=2, start_period=0, **terms)
    told = Registration("web", "web-1", stub.address, 15.0, Check(stub.address, probe))
    return Entry(told, health, None)


async def test_health_flips_with_the_thresholds(stub, watched) -> None:
    watched.checker.watch(entry(stub, retries=2))
    await watched.sees(1)
    stub.status = 503
    await watched.sees(2)
    stub.status = 200
    assert await watched.sees(3) == [
        ("passing", "GET /health: 200"), ("failing", "GET /health: 503"), ("passing", "GET /health: 200"),
    ]  # fmt: skip


async def test_it_goes_on_from_the_health_it_is_given(stub, watched) -> None:
    await stub.stop()
    watched.checker.watch(entry(stub, "passing", retries=2))
    assert await watched.sees(1) == [("failing", f"connection refused on {stub.address.authority}")]
    await stub.start()
    await watched.sees(2)


async def test_the_same_again_goes_on_counting_and_another_check_starts_anew(stub, watched) -> None:
    watched.checker.watch(entry(stub))
    await watched.sees(1)
    watched.checker.watch(entry(stub))
    watched.checker.watch(entry(stub, retries=9))
    assert await watched.sees(2) == [("passing", "GET /health: 200")] * 2


async def test_forgotten_it_is_asked_no_more(stub, watched) -> None:
    watched.checker.watch(entry(stub, retries=1))
    await watched.sees(1)
    watched.checker.forget(KEY)
    watched.checker.forget(KEY)
    stub.status = 500
    other = entry(stub, retries=1)
    watched.checker.watch(
        Entry(Registration("db", "db-1", stub.address, 1.0, other.registration.check), "unknown", None)
    )
    assert (await watched.sees(2))[1][0] == "failing"
    assert len(watched.changes) == 2


async def test_an_entry_without_a_check_is_left_alone(stub, watched) -> None:
    watched.checker.watch(Entry(Registration("web", "web-1", stub.address, 15.0), "passing", None))
    await watched.checker.close()
    assert watched.changes == []
