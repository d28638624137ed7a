"""policy.quantile: close to the true value, and never below it."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.quantile import Quantile


@given(st.lists(st.floats(0.0002, 300.0), min_size=100, max_size=400), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_at_most_a_tenth_too_high_and_never_too_low(values: list[float], rank: float) -> None:
    quantile = Quantile(rank)
    for value in values:
        quantile.observe(value)
    true = sorted(values)[ceil(rank * len(values)) - 1]
    told = quantile.value()
    assert told is not None
    assert true * (1 - 1e-9) <= told <= true * 1.1 * (1 + 1e-9)


def test_nothing_is_told_until_enough_was_seen() -> None:
    quantile = Quantile(0.95)
    for _ in range(99):
        quantile.observe(0.01)
    assert quantile.value() is None
    quantile.observe(0.01)
    assert quantile.value() == pytest.approx(0.01, rel=0.1)


def test_it_follows_a_change() -> None:
    quantile = Quantile(0.95)
    for _ in range(10_000):
        quantile.observe(0.5)
    for _ in range(14_000):
        quantile.observe(0.01)
    assert quantile.value() == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("value", [0.0, 1e-9, 1e9])
def test_extremes_are_held(value: float) -> None:
    quantile = Quantile(0.5)
    for _ in range(100):
        quantile.observe(value)
    told = quantile.value()
    assert told is not None
    assert 1e-4 <= told < 500.0
