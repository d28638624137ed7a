"""policy.cache.freshness, by table and against the plain model."""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.cache import CacheRule
from arena.policy.cache.freshness import SKEW, age, lifetime, may_stand_in, use, useful_for
from tests.policy.cache import model
from tests.policy.cache.model import asking, kept, told

RULE = CacheRule()
NOW = 1000.0


def at(seconds: float) -> bytes:
    return formatdate(seconds, usegmt=True).encode()


@pytest.mark.parametrize(
    ("lines", "shared", "seconds"),
    [
        ((b"cache-control: max-age=5",), True, 5),
        ((b"cache-control: max-age=5, s-maxage=9",), True, 9),
        ((b"cache-control: max-age=5, s-maxage=9",), False, 5),
        ((b"cache-control: max-age=5", b"date: " + at(0), b"expires: " + at(60)), True, 5),
        ((b"date: " + at(0), b"expires: " + at(60)), True, 60),
        ((b"date: " + at(60), b"expires: " + at(0)), True, 0),
        ((b"expires: " + at(60),), True, 0),
        ((b"expires: 0",), True, 0),
        ((), True, 0),
    ],
)
def test_lifetimes(lines: tuple[bytes, ...], shared: bool, seconds: float) -> None:
    assert lifetime(told(*lines), RULE, shared=shared) == seconds


def test_the_routes_ttl_is_for_silent_replies_alone() -> None:
    rule = CacheRule(ttl=30.0)
    assert lifetime(told(), rule, shared=True) == 30.0
    assert lifetime(told(status=404), rule, shared=True) == 0.0
    assert lifetime(told(b"expires: 0"), rule, shared=True) == 0.0
    assert lifetime(told(b"cache-control: max-age=0"), rule, shared=True) == 0.0


def test_ages() -> None:
    assert age(kept(), NOW + 7) == 7
    assert age(kept(b"age: 20"), NOW + 7) == 27
    assert age(kept(b"date: " + at(990)), NOW + 7) == 17
    assert age(kept(b"date: " + at(2000)), NOW + 7) == 7
    assert age(replace(kept(b"age: 20"), asked_at=NOW - 3), NOW) == 23
    assert age(kept(), NOW - SKEW) == 0
    assert age(kept(), NOW - SKEW - 1) is None


@pytest.mark.parametrize(
    ("request_says", "old", "expected"),
    [
        (b"", 59, "fresh"),
        (b"", 60, "meanwhile"),
        (b"", 69, "meanwhile"),
        (b"", 70, "stale"),
        (b"no-cache", 0, "stale"),
        (b"max-age=10", 10, "fresh"),
        (b"max-age=10", 11, "stale"),
        (b"max-age=100", 61, "stale"),
        (b"min-fresh=10", 49, "fresh"),
        (b"min-fresh=10", 50, "stale"),
        (b"max-age=5; no-cache", 0, "stale"),
    ],
)
def test_what_a_request_may_ask(request_says: bytes, old: float, expected: str) -> None:
    reply = kept(b"cache-control: max-age=60, stale-while-revalidate=10")
    assert use(reply, asking(b"cache-control: " + request_says), RULE, NOW + old) == expected


def test_what_the_route_allows_where_the_reply_is_silent() -> None:
    rule = CacheRule(stale_while_revalidate=10.0, stale_if_error=20.0)
    for line, meanwhile, on_error in (
        (b"max-age=0", "meanwhile", True),
        (b"max-age=0, must-revalidate", "stale", False),
        (b"max-age=0, proxy-revalidate", "stale", False),
        (b"s-maxage=0", "stale", False),
        (b"s-maxage=0, stale-while-revalidate=9", "meanwhile", False),
        (b"no-cache", "stale", False),
        (b"max-age=0, stale-while-revalidate=0, stale-if-error=0", "stale", False),
    ):
        reply = kept(b"cache-control: " + line)
        assert use(reply, asking(), rule, NOW + 5) == meanwhile, line
        assert may_stand_in(reply, rule, NOW + 15) is on_error, line
    assert not may_stand_in(kept(b"cache-control: max-age=0"), rule, NOW + 20)
    assert not may_stand_in(kept(b"cache-control: max-age=0"), rule, NOW - SKEW - 1)


@pytest.mark.parametrize("status", [302, 303, 307, 404, 405, 410, 414, 451, 501])
def test_a_silent_reply_of_the_moment_is_never_given_stale(status: int) -> None:
    rule = CacheRule(ttl=30.0, stale_while_revalidate=10.0, stale_if_error=20.0)
    assert useful_for(told(status=status), rule, shared=True) == 0
    tagged = kept(b'etag: "a"', status=status)
    assert use(tagged, asking(), rule, NOW + 5) == "stale" and not may_stand_in(tagged, rule, NOW + 5)
    for line in (b"cache-control: max-age=1", b"cache-control: max-age=1, private", b"date: " + at(0)):
        lines = (line, b"expires: " + at(1)) if line.startswith(b"date") else (line,)
        own = replace(kept(*lines, status=status, shared=False), came_at=1.0, asked_at=1.0)
        assert use(own, asking(), rule, 6.0) == "meanwhile" and may_stand_in(own, rule, 6.0)


FLAGS = ("public", "private", "no-store", "no-cache", "must-revalidate", "proxy-revalidate")
TIMES = ("max-age", "s-maxage", "stale-while-revalidate", "stale-if-error")
DIRECTIVES = st.dictionaries(st.sampled_from((*FLAGS, *TIMES)), st.integers(0, 100))


def written(directives: dict[str, int]) -> bytes:
    said = (name if name in FLAGS else f"{name}={seconds}" for name, seconds in directives.items())
    return b"cache-control: " + ", ".join(said).encode()


@given(DIRECTIVES, st.booleans(), st.integers(0, 250))
def test_as_the_model_has_it(directives: dict[str, int], shared: bool, old: int) -> None:
    reply = kept(written(directives), shared=shared)
    assert use(reply, asking(), RULE, NOW + old) == model.what_to_do(directives, shared, old)
    late = old - model.fresh_for(directives, shared)
    assert may_stand_in(reply, RULE, NOW + old) is (late < model.grace(directives, "stale-if-error", shared))
    assert (useful_for(reply.facts, RULE, shared=shared) > 0) is model.worth_keeping(directives, shared)


@given(DIRECTIVES, st.integers(0, 250), st.integers(0, 250))
def test_nothing_becomes_fresh_by_waiting(directives: dict[str, int], one: int, more: int) -> None:
    order = ("fresh", "meanwhile", "stale")
    reply = kept(written(directives))
    earlier, later = (order.index(use(reply, asking(), RULE, NOW + old)) for old in (one, one + more))
    assert earlier <= later
