"""policy.rendezvous: the same one for the same key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from arena.policy.breaker import Breaker
from arena.policy.rendezvous import choose_for
from tests.policy.test_balance import broken


@dataclass(eq=False)
class Named:
    instance: str
    in_flight: int = 0
    resting_until: float = 0.0
    breaker: Breaker | None = None


def named(count: int) -> list[Named]:
    return [Named(f"web-{n}") for n in range(count)]


@given(st.text(max_size=20), st.permutations(range(6)), st.sets(st.integers(0, 5), max_size=5))
def test_only_the_keys_of_who_left_move_whatever_the_order(key: str, order: list[int], gone: set[int]) -> None:
    everybody = named(6)
    before = choose_for(key, everybody, 0.0)
    after = choose_for(key, [everybody[n] for n in order if n not in gone], 0.0)
    assert before is not None
    assert after is not None
    assert after is before or everybody.index(before) in gone


def test_keys_are_spread_evenly() -> None:
    everybody = named(4)
    taken = Counter(one.instance for n in range(4000) if (one := choose_for(f"user-{n}", everybody, 0.0)))
    assert all(850 < count < 1150 for count in taken.values()), taken


def test_the_choice_is_pinned_so_that_every_release_agrees_with_the_last() -> None:
    everybody = named(4)
    chosen = [one.instance for n in range(6) if (one := choose_for(f"user-{n}", everybody, 0.0))]
    assert chosen == ["web-0", "web-3", "web-0", "web-3", "web-3", "web-3"]


def test_who_cannot_is_passed_over() -> None:
    well, ill, tired = Named("a"), Named("b", breaker=broken()), Named("c", resting_until=9.0)
    for key in "abcdefgh":
        assert choose_for(key, [ill, well, tired], 1.0) is well
        assert choose_for(key, [ill, tired], 1.0) is tired
    assert choose_for("a", [ill], 1.0) is None
    assert choose_for("a", [], 1.0) is None
