"""policy.limit: never more than promised in any window, never fewer for a lone client."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.route import RateLimit
from arena.policy.limit import Limiter

rates = st.floats(0.1, 1000)
bursts = st.integers(1, 50)
gaps = st.lists(st.floats(0, 5), min_size=1, max_size=120)


def admitted(limiter: Limiter, arrivals: list[float], key: object = "k") -> list[float]:
    return [at for at in arrivals if limiter.admit(key, at) == 0.0]


def running(gaps: list[float], start: float = 1000.0) -> list[float]:
    times, now = [], start
    for gap in gaps:
        now += gap
        times.append(now)
    return times


@given(rates, bursts, gaps)
def test_no_window_holds_more_than_burst_and_rate_allow(rate: float, burst: int, pauses: list[float]) -> None:
    taken = admitted(Limiter(RateLimit(rate, burst)), running(pauses))
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            window = taken[last] - taken[first]
            assert last - first + 1 <= burst + rate * window + 1e-6 * (last + 1)


@given(rates, bursts, st.integers(1, 200))
def test_a_client_that_keeps_to_its_rate_is_never_refused(rate: float, burst: int, count: int) -> None:
    limiter = Limiter(RateLimit(rate, burst))
    arrivals = [1000.0 + n * (1 / rate) * (1 + 1e-9) for n in range(count)]
    assert len(admitted(limiter, arrivals)) == count


@given(rates, bursts)
def test_a_lone_client_gets_its_whole_burst_and_not_one_more(rate: float, burst: int) -> None:
    limiter = Limiter(RateLimit(rate, burst))
    assert len(admitted(limiter, [1000.0] * (burst + 10))) == burst


@given(rates, bursts, gaps)
def test_waiting_as_told_is_enough(rate: float, burst: int, pauses: list[float]) -> None:
    limiter = Limiter(RateLimit(rate, burst))
    now = 1000.0
    for pause in pauses:
        now += pause
        wait = limiter.admit("k", now)
        if wait:
            assert limiter.admit("k", now + wait + 1e-6) == 0.0
            now += wait + 1e-6


@given(st.integers(1, 5), st.lists(st.tuples(st.integers(0, 30), st.floats(0, 0.5)), max_size=200))
def test_crowding_never_gives_any_key_more_than_promised(max_keys: int, asks: list[tuple[int, float]]) -> None:
    limit = RateLimit(2.0, 3)
    limiter = Limiter(limit, max_keys=max_keys)
    now, taken = 1000.0, {}
    for key, gap in asks:
        now += gap
        if limiter.admit(key, now) == 0.0:
            taken.setdefault(key, []).append(now)
    for times in taken.values():
        for first in range(len(times)):
            for last in range(first, len(times)):
                assert last - first + 1 <= 3 + 2.0 * (times[last] - times[first]) + 1e-6


def test_memory_stays_bounded_however_many_keys_ask() -> None:
    limiter = Limiter(RateLimit(1.0, 5), max_keys=100)
    for n in range(10_000):
        limiter.admit(n, 1000.0 + n * 0.001)
    assert len(limiter) <= 200


def test_keys_do_not_share_a_bucket() -> None:
    limiter = Limiter(RateLimit(1.0, 1))
    assert limiter.admit("a", 1.0) == 0.0
    assert limiter.admit("a", 1.0) > 0.0
    assert limiter.admit("b", 1.0) == 0.0


def test_crowding_ends_when_the_crowd_has_gone() -> None:
    limiter = Limiter(RateLimit(10.0, 2), max_keys=2)
    for n in range(50):
        limiter.admit(n, 1000.0)
    assert [limiter.admit("late", 1000.0 + 60.0) for _ in range(2)] == [0.0, 0.0]


@pytest.mark.parametrize("limit", [RateLimit(0.0, 1), RateLimit(-1.0, 1), RateLimit(1.0, 0)])
def test_an_impossible_limit_is_refused(limit: RateLimit) -> None:
    with pytest.raises(ValueError, match="positive rate"):
        Limiter(limit)
