"""policy.rendezvous: the same one for the same key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.breaker import Breaker
from arena.policy.rendezvous import choose_for, choose_for_by_weight
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


@dataclass(eq=False)
class Weighty(Named):
    weight: float = 1.0


@given(st.text(max_size=20), st.integers(1, 8))
def test_equal_weights_choose_as_no_weights_do(key: str, count: int) -> None:
    some = [Weighty(f"web-{n}", weight=3.0) for n in range(count)]
    assert choose_for_by_weight(key, some, 0.0) is choose_for(key, some, 0.0)


def test_keys_are_shared_by_weight_and_only_those_move_that_must() -> None:
    some = [Weighty("web-1", weight=6.0), Weighty("web-2", weight=3.0), Weighty("web-3", weight=1.0)]
    keys = [f"user-{n}" for n in range(5000)]

    def homes() -> dict[str, str]:
        found = {key: choose_for_by_weight(key, some, 0.0) for key in keys}
        return {key: one.instance for key, one in found.items() if one is not None}

    before = homes()
    shares = [sum(home == one.instance for home in before.values()) / len(keys) for one in some]
    assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.03)
    some[2].weight = 3.0
    after = homes()
    moved = {(before[key], after[key]) for key in keys if before[key] != after[key]}
    assert {to for _, to in moved} == {"web-3"}
    some[0].breaker = broken()
    assert all(home != "web-1" for home in homes().values())
    assert choose_for_by_weight("a", [], 0.0) is None
    assert choose_for_by_weight("a", some[1:2], 0.0) is some[1]
