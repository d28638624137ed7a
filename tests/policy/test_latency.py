"""policy.latency: the one that is likely to answer first."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.breaker import Breaker
from arena.policy.latency import DECAY_SECONDS, PeakEwma, choose_fastest
from tests.policy.test_balance import broken


@dataclass(eq=False)
class Timed:
    in_flight: int = 0
    resting_until: float = 0.0
    breaker: Breaker | None = None
    latency: PeakEwma | None = None


def timed(seconds: float, in_flight: int = 0) -> Timed:
    one = Timed(in_flight, latency=PeakEwma())
    if seconds and one.latency is not None:
        one.latency.observe(seconds, 0.0)
    return one


def test_a_peak_counts_at_once_and_fades_slowly() -> None:
    latency = PeakEwma()
    latency.observe(0.01, 0.0)
    latency.observe(1.0, 0.1)
    assert latency.value(0.1) == 1.0
    latency.observe(0.01, 0.2)
    assert latency.value(0.2) == pytest.approx(1.0, rel=0.02)
    assert latency.value(0.2 + DECAY_SECONDS) == pytest.approx(0.37, rel=0.02)


@given(st.lists(st.tuples(st.floats(1e-6, 100), st.floats(0, 100)), min_size=1, max_size=30))
def test_it_stays_between_nothing_and_the_worst_that_was_seen(steps: list[tuple[float, float]]) -> None:
    latency, now = PeakEwma(), 100.0
    for seconds, gap in steps:
        now += gap
        latency.observe(seconds, now)
        assert seconds <= latency.value(now) <= max(s for s, _ in steps) + 1e-9


def test_the_faster_of_two_is_taken_until_it_is_too_busy() -> None:
    fast, slow = timed(0.01, in_flight=3), timed(0.1)
    assert choose_fastest([slow, fast], 0.0, random.random) is fast
    fast.in_flight = 12
    assert choose_fastest([slow, fast], 0.0, random.random) is slow


def test_a_newcomer_is_tried_once_and_then_waited_for() -> None:
    known, new = timed(0.1, in_flight=5), timed(0.0)
    assert choose_fastest([known, new], 0.0, random.random) is new
    new.in_flight = 1
    assert choose_fastest([known, new], 0.0, random.random) is known


def test_who_cannot_is_passed_over() -> None:
    well, ill, tired = timed(9.0), Timed(breaker=broken()), Timed(resting_until=9.0)
    assert choose_fastest([ill, well, tired], 1.0, random.random) is well
    assert choose_fastest([ill, tired], 1.0, random.random) is tired
    assert choose_fastest([ill], 1.0, random.random) is None
    assert choose_fastest([], 1.0, random.random) is None
