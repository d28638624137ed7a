"""policy.rotation: each in its turn."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from arena.policy.rotation import Rotation
from tests.policy.test_balance import Candidate, broken


@given(st.integers(1, 8), st.integers(0, 1 << 16), st.integers(1, 5))
def test_everybody_gets_the_same_number(count: int, start: int, rounds: int) -> None:
    candidates = [Candidate(in_flight=n) for n in range(count)]
    rotation = Rotation(start)
    taken = Counter(id(rotation.choose(candidates, 0.0)) for _ in range(count * rounds))
    assert set(taken.values()) == {rounds}
    assert len(taken) == count


def test_who_cannot_is_passed_over() -> None:
    well, ill, tired = Candidate(), Candidate(breaker=broken()), Candidate(resting_until=9.0)
    rotation = Rotation()
    assert {id(rotation.choose([ill, well, tired], 1.0)) for _ in range(9)} == {id(well)}
    assert rotation.choose([ill, tired], 1.0) is tired
    assert rotation.choose([ill], 1.0) is None
    assert rotation.choose([], 1.0) is None


def test_a_shorter_list_after_a_swap_is_no_problem() -> None:
    rotation, candidates = Rotation(7), [Candidate() for _ in range(5)]
    assert all(rotation.choose(candidates[:n], 0.0) for n in (5, 1, 3, 2))
