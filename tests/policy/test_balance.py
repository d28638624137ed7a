"""policy.balance: the less busy of two."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.traffic import BreakerRule
from arena.policy.balance import choose, is_awake
from arena.policy.breaker import Breaker


@dataclass(eq=False)
class Candidate:
    in_flight: int = 0
    resting_until: float = 0.0
    breaker: Breaker | None = None


def broken(at: float = 0.0) -> Breaker:
    """Open until 2 seconds after `at`, then half-open for one trial."""
    breaker = Breaker(BreakerRule(failures=1, open_for=2.0, trials=1))
    breaker.fail(breaker.admit(at), at)
    return breaker


def test_nobody_to_choose() -> None:
    assert choose([], 0.0, random.random) is None


def test_a_single_candidate_is_taken_even_while_it_rests() -> None:
    only = Candidate(resting_until=10.0)
    assert choose([only], 0.0, random.random) is only


@given(st.lists(st.integers(0, 100), min_size=2, max_size=20), st.randoms(use_true_random=False))
def test_the_busiest_of_all_is_never_taken_unless_it_ties(loads: list[int], rng: random.Random) -> None:
    candidates = [Candidate(load) for load in loads]
    chosen = choose(candidates, 0.0, rng.random)
    assert chosen is not None
    assert chosen.in_flight < max(loads) or loads.count(max(loads)) > 1


@given(st.integers(2, 20), st.data())
def test_the_awake_go_before_the_resting(count: int, data: st.DataObject) -> None:
    resting = data.draw(st.sets(st.integers(0, count - 1), max_size=count - 1))
    candidates = [Candidate(0, 5.0 if n in resting else 0.0) for n in range(count)]
    draws = data.draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=2, max_size=2))
    chosen = choose(candidates, 1.0, iter(draws).__next__)
    assert chosen is not None
    assert chosen.resting_until <= 1.0


def test_all_resting_the_least_busy_is_tried() -> None:
    candidates = [Candidate(3, 9.0), Candidate(1, 9.0), Candidate(2, 9.0)]
    assert choose(candidates, 0.0, random.random) is candidates[1]


@given(
    st.lists(st.sampled_from(["well", "open", "resting"]), min_size=1, max_size=6), st.randoms(use_true_random=False)
)
def test_an_open_breaker_is_never_chosen_and_the_resting_only_for_want_of_others(
    kinds: list[str], rng: random.Random
) -> None:
    makes = {"well": Candidate, "open": lambda: Candidate(breaker=broken()), "resting": lambda: Candidate(0, 9.0)}
    candidates = [makes[kind]() for kind in kinds]
    chosen = choose(candidates, 1.0, rng.random)
    got = None if chosen is None else kinds[candidates.index(chosen)]
    assert got == ("well" if "well" in kinds else "resting" if "resting" in kinds else None)


def test_a_half_open_one_gets_its_trial_and_no_more() -> None:
    only = Candidate(breaker=broken())
    assert choose([only], 1.0, random.random) is None
    assert choose([only], 2.0, random.random) is only
    assert only.breaker is not None
    only.breaker.admit(2.0)
    assert choose([only], 2.0, random.random) is None
    assert choose([only, only], 2.0, random.random) is None


def test_awake_is_who_neither_rests_nor_is_broken() -> None:
    assert is_awake(Candidate(), 0.0)
    assert not is_awake(Candidate(0, 1.0), 0.0)
    assert not is_awake(Candidate(breaker=broken()), 0.0)


@pytest.mark.parametrize("count", [2, 4])
def test_equal_load_is_spread_evenly(count: int) -> None:
    rng = random.Random(7)
    candidates = [Candidate() for _ in range(count)]
    for _ in range(1000 * count):
        chosen = choose(candidates, 0.0, rng.random)
        assert chosen is not None
        chosen.in_flight += 1
    loads = [candidate.in_flight for candidate in candidates]
    assert max(loads) - min(loads) < 10


def test_of_two_that_are_idle_each_is_taken_as_often() -> None:
    rng, some = random.Random(7), [Candidate(), Candidate()]
    taken = sum(choose(some, 0.0, rng.random) is some[0] for _ in range(4000))
    assert 1800 < taken < 2200
