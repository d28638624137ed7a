"""policy.limit.sliding_counter: what the contract of all algorithms does not say (tests/contract/test_limit.py)."""

from __future__ import annotations

import pytest

from arena.model.route import RateLimit
from arena.policy.limit.sliding_counter import SlidingCounter

LIMIT = RateLimit(1.0, 10)


def filled(at: float, count: int = 10) -> SlidingCounter:
    counter = SlidingCounter(LIMIT)
    for _ in range(count):
        counter.take("k", at)
    return counter


@pytest.mark.parametrize(("now", "admitted"), [(10.0, 1), (12.5, 3), (15.0, 6), (19.9, 10), (20.0, 10), (30.0, 10)])
def test_the_window_before_counts_by_the_share_that_is_still_covered(now: float, admitted: int) -> None:
    counter = filled(5.0)
    count = 0
    while counter.ask("k", now) == 0.0:
        counter.take("k", now)
        count += 1
    assert count == admitted


def test_under_steady_load_no_span_as_long_as_the_window_gets_more_than_the_quota() -> None:
    counter, taken = SlidingCounter(LIMIT), []
    for step in range(10_000):
        now = 3.0 + step * 0.01
        if counter.ask("k", now) == 0.0:
            counter.take("k", now)
            taken.append(now)
    later = [at for at in taken if at > 13.0]
    assert max(sum(start <= at < start + 10.0 for at in later) for start in later) <= 10
    assert len(later) >= 85


def test_it_waits_for_the_share_to_shrink_or_for_the_next_window() -> None:
    counter = filled(5.0)
    assert counter.ask("k", 5.0) == 5.0
    counter.take("k", 10.0)
    assert counter.ask("k", 10.0) == pytest.approx(1.0)
