"""policy.weight: shares by weight."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.breaker import Breaker
from arena.policy.weight import LEAST_SHARE, choose_by_weight, ramp, take_turns
from tests.policy.test_balance import broken


@dataclass(eq=False)
class Weighted:
    weight: float = 1.0
    in_flight: int = 0
    resting_until: float = 0.0
    breaker: Breaker | None = None
    credit: float = 0.0


WEIGHTS = st.lists(st.integers(1, 20), min_size=1, max_size=8)


@given(WEIGHTS, st.integers(1, 3))
def test_in_turns_each_gets_exactly_its_share_and_never_runs_far_ahead(weights: list[int], rounds: int) -> None:
    some = [Weighted(weight) for weight in weights]
    total, taken = sum(weights), Counter[int]()
    for n in range(1, total * rounds + 1):
        chosen = take_turns(some, 0.0)
        assert chosen is not None
        taken[some.index(chosen)] += 1
        for index, weight in enumerate(weights):
            assert abs(taken[index] - n * weight / total) < len(some)
    assert [taken[index] for index in range(len(some))] == [weight * rounds for weight in weights]


def test_the_heavy_ones_turns_are_spread_out() -> None:
    some = [Weighted(5), Weighted(1), Weighted(1)]
    order = [some.index(one) for one in (take_turns(some, 0.0) for _ in range(7)) if one is not None]
    assert order == [0, 0, 1, 0, 2, 0, 0]  # nginx's own example


@given(WEIGHTS, st.integers(0, 1000))
def test_without_load_the_shares_are_those_of_the_weights(weights: list[int], seed: int) -> None:
    some, rng, count = [Weighted(weight) for weight in weights], random.Random(seed), 2000
    taken = Counter(id(choose_by_weight(some, 0.0, rng.random)) for _ in range(count))
    for one in some:
        share = one.weight / sum(weights)
        # Six standard deviations of a binomial draw.
        assert abs(taken[id(one)] - count * share) <= 6 * (count * share * (1 - share)) ** 0.5 + 1


def test_under_load_what_is_under_way_is_by_weight() -> None:
    rng = random.Random(7)
    some = [Weighted(6), Weighted(3), Weighted(1)]
    for _ in range(1000):
        chosen = choose_by_weight(some, 0.0, rng.random)
        assert chosen is not None
        chosen.in_flight += 1
    assert [one.in_flight / 1000 for one in some] == pytest.approx([0.6, 0.3, 0.1], abs=0.05)


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True), WEIGHTS)
def test_every_draw_finds_somebody(first: float, second: float, weights: list[int]) -> None:
    draws = iter((first, second))
    assert choose_by_weight([Weighted(weight / 7) for weight in weights], 0.0, lambda: next(draws)) is not None


@pytest.mark.parametrize("choose", [take_turns, lambda some, now: choose_by_weight(some, now, random.random)])
def test_who_cannot_is_passed_over(choose) -> None:  # type: ignore[no-untyped-def]  # two shapes of one function
    well, ill, tired = Weighted(1), Weighted(9, breaker=broken()), Weighted(9, resting_until=9.0)
    assert {id(choose([ill, well, tired], 1.0)) for _ in range(50)} == {id(well)}
    assert choose([ill, tired], 1.0) is tired
    assert choose([ill], 1.0) is None
    assert choose([], 1.0) is None


@given(st.floats(0.001, 1000), st.lists(st.floats(0, 2000), min_size=2, max_size=10))
def test_a_slow_start_only_ever_grows_from_a_tenth_to_the_whole(window: float, ages: list[float]) -> None:
    shares = [ramp(age, window) for age in sorted(ages)]
    assert shares == sorted(shares)
    assert all(LEAST_SHARE <= share <= 1.0 for share in shares)
    assert (ramp(0.0, window), ramp(window, window), ramp(float("inf"), window)) == (LEAST_SHARE, 1.0, 1.0)
    assert ramp(window / 2, window) == pytest.approx(0.5)


def test_without_a_slow_start_all_are_warm_at_once() -> None:
    assert ramp(0.0, 0.0) == 1.0
