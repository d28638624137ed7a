"""model.concurrency: what each of several workers counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.concurrency import Adaptive, ConcurrencyLimit, part


@given(st.integers(1, 10_000), st.integers(1, 64))
def test_the_parts_are_all_of_it_and_nobody_is_without(count: int, workers: int) -> None:
    assert part(count, workers) >= 1
    assert count <= part(count, workers) * workers < count + workers


def test_places_that_all_share_are_divided() -> None:
    assert ConcurrencyLimit(5, max_queue=3).part(2) == ConcurrencyLimit(3, max_queue=2)
    assert ConcurrencyLimit(5, by="service").part(2) == ConcurrencyLimit(3, by="service")
    adaptive = ConcurrencyLimit(0, adaptive=Adaptive(4, 200, 9.0))
    assert adaptive.part(3) == ConcurrencyLimit(0, adaptive=Adaptive(2, 67, 9.0))


@pytest.mark.parametrize("by", ["principal", "role", "ip", "header:x-tenant"])
def test_what_one_caller_may_have_is_not(by: str) -> None:
    assert ConcurrencyLimit(5, by).part(2) == ConcurrencyLimit(5, by)


def test_one_worker_has_it_all() -> None:
    limit = ConcurrencyLimit(5, max_queue=3)
    assert limit.part(1) is limit
