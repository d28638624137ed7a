"""Every algorithm of a limit, on every store: never more than promised, never fewer for a lone client."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from math import floor
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.gateway.filters.limit import Meter
from arena.gateway.filters.limit_shared import answers, arguments
from arena.gateway.stats import Stats
from arena.model.route import Algorithm, RateLimit
from arena.policy.limit.limiter import make
from tests import valkey

Admit = Callable[[str, float], tuple[float, int, float]]
"""Ask for a key at a time, and count it if admitted: seconds to wait, what is left, seconds until it is all there again."""

Store = Callable[[RateLimit], Admit]
START = 1000.0

rates = st.floats(0.001, 0.1)
bursts = st.integers(1, 30)
gaps = st.lists(st.one_of(st.just(0.0), st.floats(0, 2), st.floats(0, 0.2)), min_size=1, max_size=60)
"""Pauses, as shares of the limit's window."""


def memory(limit: RateLimit) -> Admit:
    return make(limit).admit


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    """The script on a real Valkey server, told the time; each limit has its own keys."""
    numbers = itertools.count()
    with valkey.running() as server, asyncio.Runner() as runner:
        store = runner.run(valkey.connected(server))

        def make_admit(limit: RateLimit) -> Admit:
            prefix = b"%d:" % next(numbers)
            words = arguments([Meter("", limit, Stats())])

            def admit(key: str, now: float) -> tuple[float, int, float]:
                words[0] = repr(now).encode()
                return answers(runner.run(store.limits([prefix + key.encode()], words)))[0]

            return admit

        yield make_admit
        runner.run(valkey.closed(store))


@pytest.fixture(scope="module", params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> Store:
    return memory if request.param == "memory" else request.getfixturevalue("shared")


@pytest.fixture(scope="module", params=get_args(Algorithm))
def algorithm(request: pytest.FixtureRequest) -> Algorithm:
    return request.param


def most(limit: RateLimit, span: float) -> float:
    """What may be admitted within `span` seconds, wherever they begin, both ends included."""
    windows = floor(span / limit.window + 1e-6)
    if limit.algorithm == "token_bucket":
        return limit.burst + limit.rate * span + 1e-3
    return limit.burst * (windows + (1 if limit.algorithm == "sliding_log" else 2))


def running(limit: RateLimit, pauses: list[float]) -> list[float]:
    times, now = [], START
    for pause in pauses:
        now += pause * limit.window
        times.append(now)
    return times


@settings(deadline=None, max_examples=40)
@given(rate=rates, burst=bursts, pauses=gaps)
def test_no_span_holds_more_than_promised(
    algorithm: Algorithm, store: Store, rate: float, burst: int, pauses: list[float]
) -> None:
    limit = RateLimit(rate, burst, algorithm=algorithm)
    admit = store(limit)
    taken = [at for at in running(limit, pauses) if admit("k", at)[0] == 0.0]
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= most(limit, taken[last] - taken[first])


@settings(deadline=None, max_examples=40)
@given(rate=rates, burst=bursts, count=st.integers(1, 70), phase=st.floats(0, 1))
def test_a_client_that_keeps_to_its_rate_is_never_refused(
    algorithm: Algorithm, store: Store, *, rate: float, burst: int, count: int, phase: float
) -> None:
    limit = RateLimit(rate, burst, algorithm=algorithm)
    admit = store(limit)
    start = START + phase * limit.window
    arrivals = [start + n / rate * (1 + 1e-6) for n in range(count)]
    assert [admit("k", at)[0] for at in arrivals] == [0.0] * count


@settings(deadline=None, max_examples=40)
@given(rate=rates, burst=bursts)
def test_a_lone_client_gets_its_whole_quota_at_once_and_not_one_more(
    algorithm: Algorithm, store: Store, rate: float, burst: int
) -> None:
    admit = store(RateLimit(rate, burst, algorithm=algorithm))
    assert sum(admit("k", START)[0] == 0.0 for _ in range(burst + 5)) == burst


@settings(deadline=None, max_examples=40)
@given(rate=rates, burst=bursts, pauses=gaps)
def test_waiting_as_told_is_enough(
    algorithm: Algorithm, store: Store, rate: float, burst: int, pauses: list[float]
) -> None:
    limit = RateLimit(rate, burst, algorithm=algorithm)
    admit = store(limit)
    now = START
    for pause in pauses:
        now += pause * limit.window
        wait = admit("k", now)[0]
        if wait:
            now += wait + 1e-3
            assert admit("k", now)[0] == 0.0


@settings(deadline=None, max_examples=40)
@given(rate=rates, burst=bursts, pauses=gaps)
def test_what_is_left_is_what_would_be_admitted_now(
    algorithm: Algorithm, store: Store, rate: float, burst: int, pauses: list[float]
) -> None:
    limit = RateLimit(rate, burst, algorithm=algorithm)
    admit = store(limit)
    now = START
    for now in running(limit, pauses[:-1]):
        admit("k", now)
    wait, left, _ = admit("k", now + pauses[-1] * limit.window)
    if not wait:
        more = sum(admit("k", now + pauses[-1] * limit.window)[0] == 0.0 for _ in range(left + 3))
        assert more == left


def test_keys_are_counted_apart(algorithm: Algorithm, store: Store) -> None:
    admit = store(RateLimit(0.01, 1, algorithm=algorithm))
    assert admit("a", START)[0] == 0.0
    assert admit("a", START)[0] > 0.0
    assert admit("b", START)[0] == 0.0


def test_refused_requests_do_not_count(algorithm: Algorithm, store: Store) -> None:
    limit = RateLimit(0.1, 2, algorithm=algorithm)
    admit = store(limit)
    for _ in range(50):
        admit("k", START)
    assert admit("k", START + 2 * limit.window + 0.01)[0] == 0.0


def test_the_quota_begins_anew_when_it_is_said_to(algorithm: Algorithm, store: Store) -> None:
    limit = RateLimit(0.1, 5, algorithm=algorithm)
    admit = store(limit)
    _, left, reset = admit("k", START)
    assert (left, 0 < reset <= limit.window) == (4, True)
    assert admit("k", START + 2 * limit.window + 0.01)[1] == 4
