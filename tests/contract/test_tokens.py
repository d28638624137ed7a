"""What bookings promise, held to by every algorithm that can book, in memory and in a Valkey server."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from math import inf
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.gateway.filters.limit import Meter
from arena.gateway.filters.tokens_shared import answers_of, rules_of, run
from arena.gateway.stats import Stats
from arena.model.route import Algorithm, RateLimit
from arena.policy.limit.booking import Booking
from arena.policy.limit.fixed_window import FixedWindow
from arena.policy.limit.token_bucket import TokenBucket
from tests import valkey

START = 1_000_000.0
_KINDS = {"token_bucket": TokenBucket, "fixed_window": FixedWindow}


class Books(Protocol):
    def book(self, key: str, cost: int, now: float) -> float:
        """Seconds to wait; 0.0: booked."""

    def settle(self, key: str, booking: Booking, used: int, now: float) -> None: ...


class InMemory:
    def __init__(self, limit: RateLimit) -> None:
        self.limiter = _KINDS[limit.algorithm](limit)

    def book(self, key: str, cost: int, now: float) -> float:
        wait = self.limiter.ask_for(key, cost, now)
        if not wait:
            self.limiter.take_for(key, cost, now)
        return wait

    def settle(self, key: str, booking: Booking, used: int, now: float) -> None:
        self.limiter.settle(key, booking, used, now)


Make = Callable[[RateLimit], Books]


@pytest.fixture(scope="module")
def shared() -> Iterator[Make]:
    numbers = itertools.count()
    with valkey.running() as server, asyncio.Runner() as runner:
        store = runner.run(valkey.connected(server))

        class Shared:
            def __init__(self, limit: RateLimit) -> None:
                self.prefix = b"t%d:" % next(numbers)
                self.rules = rules_of([Meter("", limit, Stats())])

            def ask(self, key: str, now: float, *words: bytes) -> list[int]:
                return runner.run(run(store, [self.prefix + key.encode()], (repr(now).encode(), *words), self.rules))

            def book(self, key: str, cost: int, now: float) -> float:
                return answers_of(self.ask(key, now, b"%d" % cost, b"", b"")[:3])[0][0]

            def settle(self, key: str, booking: Booking, used: int, now: float) -> None:
                self.ask(key, now, b"%d" % booking.cost, b"%d" % used, repr(booking.at).encode())

        yield Shared
        runner.run(valkey.closed(store))


@pytest.fixture(scope="module", params=["memory", "valkey"])
def make(request: pytest.FixtureRequest) -> Make:
    return InMemory if request.param == "memory" else request.getfixturevalue("shared")


@pytest.fixture(scope="module", params=sorted(_KINDS))
def limit(request: pytest.FixtureRequest) -> RateLimit:
    algorithm: Algorithm = request.param
    return RateLimit(10.0, 100, algorithm=algorithm, unit="tokens")  # a hundred in ten seconds


def test_bookings_at_the_same_time_cannot_use_more_together_than_is_there(make: Make, limit: RateLimit) -> None:
    books = make(limit)
    assert [books.book("k", 40, START) == 0.0 for _ in range(4)] == [True, True, False, False]
    assert books.book("k", 20, START) == 0.0
    assert books.book("k", 1, START) > 0.0
    assert books.book("other", 100, START) == 0.0


def test_what_was_not_used_comes_back_at_once(make: Make, limit: RateLimit) -> None:
    books = make(limit)
    assert books.book("k", 100, START) == 0.0
    books.settle("k", Booking(100, START), 30, START)
    assert books.book("k", 71, START) > 0.0
    assert books.book("k", 70, START) == 0.0


def test_what_was_used_beyond_is_charged(make: Make, limit: RateLimit) -> None:
    books = make(limit)
    assert books.book("k", 10, START) == 0.0
    books.settle("k", Booking(10, START), 60, START)
    assert books.book("k", 41, START) > 0.0
    assert books.book("k", 40, START) == 0.0


def test_a_debt_is_not_for_ever(make: Make, limit: RateLimit) -> None:
    books = make(limit)
    assert books.book("k", 10, START) == 0.0
    books.settle("k", Booking(10, START), 10**9, START)
    assert books.book("k", 1, START) > 0.0
    assert books.book("k", 1, START + 2 * limit.window) == 0.0


def test_more_than_the_quota_is_never_admitted_and_books_nothing(make: Make, limit: RateLimit) -> None:
    books = make(limit)
    assert books.book("k", 101, START) == inf
    assert books.book("k", 100, START) == 0.0


def test_a_booking_that_time_has_brought_back_is_not_given_back_again(make: Make, limit: RateLimit) -> None:
    books = make(limit)
    assert books.book("k", 100, START) == 0.0
    later = START + limit.window
    assert books.book("k", 100, later) == 0.0
    books.settle("k", Booking(100, START), 0, later)
    assert books.book("k", 1, later) > 0.0


def test_what_is_never_settled_comes_back_with_time(make: Make, limit: RateLimit) -> None:
    books = make(limit)
    assert books.book("k", 100, START) == 0.0
    assert books.book("k", 100, START + limit.window) == 0.0


def test_waiting_as_told_is_enough(make: Make, limit: RateLimit) -> None:
    books = make(limit)
    assert books.book("k", 80, START) == 0.0
    wait = books.book("k", 50, START)
    assert 0.0 < wait <= limit.window
    assert books.book("k", 50, START + wait + 1e-5) == 0.0


STEPS = st.lists(
    st.tuples(st.floats(0, 4), st.integers(1, 110), st.integers(0, 130), st.integers(0, 3)), min_size=1, max_size=25
)


@settings(deadline=None, max_examples=60)
@given(steps=STEPS)
def test_no_span_uses_more_than_promised(
    make: Make, limit: RateLimit, steps: list[tuple[float, int, int, int]]
) -> None:
    """Requests book, run for a while and settle what they used, never more than they booked."""
    books, now = make(limit), START
    running: list[tuple[float, Booking, int]] = []
    done: list[tuple[float, int]] = []
    for pause, cost, used, turns in steps:
        now += pause
        for end, booking, spent in [each for each in running if each[0] <= now]:
            books.settle("k", booking, spent, now)
            running.remove((end, booking, spent))
        if books.book("k", cost, now) == 0.0:
            spent = min(used, cost)
            running.append((now + 2.0 * turns, Booking(cost, now), spent))
            done.append((now, spent))
    for first, (start, _) in enumerate(done):
        for last in range(first, len(done)):
            span = done[last][0] - start
            total = sum(spent for _, spent in done[first : last + 1])
            if limit.algorithm == "token_bucket":
                assert total <= limit.burst + limit.rate * span + 1e-3
            else:
                assert total <= limit.burst * (int(span // limit.window) + 2)
