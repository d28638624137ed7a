"""gateway.memory: what is remembered, and for which routes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arena.gateway.cache.route import Onward, RouteCache
from arena.gateway.memory import Memory
from arena.model.cache import CacheRule, CacheSettings, Purge
from arena.model.gateway import GatewaySpec
from arena.model.idempotency import IdempotencyRule
from arena.model.match import Condition
from arena.model.project import GatewaySettings
from arena.model.route import Route
from arena.telemetry.metrics import Page

KEEPS = Route("keeps", "web", "/a", methods=("GET",), cache=CacheRule())
WRITES = Route("writes", "web", "/a", methods=("POST",))
ELSEWHERE = Route("elsewhere", "web", "/a", hosts=("other",))
ONCE = Route("once", "web", "/b", idempotency=IdempotencyRule())


def spec(*routes: Route, room: int = 1000) -> GatewaySpec:
    return GatewaySpec("test", GatewaySettings(cache=CacheSettings(room)), routes)


def test_nothing_for_routes_that_ask_for_nothing() -> None:
    memory, page = Memory(), Page()
    memory.use(spec(WRITES), None)
    memory.write(page)
    assert (memory.cache, memory.idempotency, page.text().strip()) == (None, None, "")
    assert memory.guard(WRITES) == () and memory.cached(WRITES, (WRITES,), None, Onward()) is None


def test_it_stays_as_long_as_it_is_asked_for() -> None:
    memory = Memory()
    memory.use(spec(KEEPS, ONCE), None)
    cache, idempotency = memory.cache, memory.idempotency
    assert cache is not None and idempotency is not None
    memory.use(spec(KEEPS, ONCE, room=2000), None)
    assert memory.cache is cache and memory.idempotency is idempotency
    assert cache.store.max_bytes == 2000
    memory.use(spec(), None)
    assert memory.cache is memory.idempotency is None


def test_a_route_for_the_same_uris_tells_the_cache_of_changes() -> None:
    memory = Memory()
    routes = (KEEPS, WRITES, ELSEWHERE, ONCE)
    memory.use(spec(*routes), None)
    assert isinstance(memory.cached(KEEPS, routes, None, Onward()), RouteCache)
    assert memory.cached(WRITES, routes, None, Onward()) is not None
    assert memory.cached(ELSEWHERE, routes, None, Onward()) is None
    assert memory.cached(ONCE, routes, None, Onward()) is None
    assert len(memory.guard(ONCE)) == 1


VERSION = (Condition("header", "x-version", "exact", "2"),)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (Route("v2", "web", "/a/b", match=VERSION), True),
        (Route("v2", "web", "/", match=VERSION), True),
        (Route("v2", "web", "/a", hosts=("one",), match=VERSION), True),
        (Route("v2", "web", "/ab", match=VERSION), False),
        (Route("v2", "web", "/b", match=VERSION), False),
        (Route("narrow", "web", "/a/b"), False),
        (Route("narrow", "web", "/a", hosts=("one",)), False),
    ],
)
def test_a_route_with_conditions_leaves_some_requests_to_the_next(other: Route, told: bool) -> None:
    memory = Memory()
    memory.use(spec(KEEPS, other), None)
    assert (memory.cached(other, (KEEPS, other), None, Onward()) is not None) is told


@pytest.mark.parametrize(
    ("mine", "theirs", "told"),
    [
        ("one", "one", True),
        ("one", "two", False),
        ("a.example.org", "*.example.org", True),
        ("*.example.org", "a.b.example.org", True),
        ("*.example.org", "*.b.example.org", True),
        ("*.example.org", "example.org", False),
        ("*.example.org", "*.example.com", False),
    ],
)
def test_names_that_may_be_one(mine: str, theirs: str, told: bool) -> None:
    keeps, other = replace(KEEPS, hosts=(mine,)), Route("v2", "web", "/a", hosts=(theirs,), match=VERSION)
    memory = Memory()
    memory.use(spec(keeps, other), None)
    assert (memory.cached(other, (keeps, other), None, Onward()) is not None) is told


async def test_a_purge_of_nothing_kept_is_done() -> None:
    assert await Memory().purge(Purge(), 1.0) == 0
