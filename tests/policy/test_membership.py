"""policy.membership: who is in traffic, and when health is ignored."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.snapshot import EndpointHealth
from arena.policy.membership import members


@dataclass(eq=False)
class Member:
    health: EndpointHealth = "passing"
    tripped_until: float = 0.0
    ejected: bool = False
    full_weight: float = 1.0


KINDS = {
    "+": Member,
    "?": lambda: Member("unknown"),
    "-": lambda: Member("failing"),
    "e": lambda: Member(ejected=True),
    "t": lambda: Member(tripped_until=9.0),
    "0": lambda: Member(full_weight=0.0),
}


@pytest.mark.parametrize(
    ("kinds", "threshold", "chosen", "panic"),
    [
        ("++", 0.0, "++", False),
        ("+?", 0.0, "+", False),
        ("-??", 0.0, "??", False),
        ("---", 0.0, "", False),
        ("+e", 0.0, "+", False),
        ("e-", 0.0, "e", False),
        ("+t0", 0.0, "+", False),
        ("t0", 0.0, "", False),
        ("", 0.5, "", False),
        ("+-", 0.5, "+", False),
        ("+--", 0.5, "+--", True),
        ("+ee", 0.5, "+ee", True),
        ("?--", 0.5, "?--", True),
        ("+?--", 0.5, "+", False),
        ("---", 0.1, "---", True),
        ("+--t0", 0.5, "+--", True),
        ("tt", 0.5, "", False),
        ("+-", 1.0, "+-", True),
        ("++", 1.0, "++", False),
    ],
)
def test_the_table(kinds: str, threshold: float, chosen: str, panic: bool) -> None:
    some = [KINDS[kind]() for kind in kinds]
    found, panicking = members(some, threshold)
    assert ("".join(kinds[some.index(one)] for one in found), panicking) == (chosen, panic)


@given(st.text("+?-et0", max_size=12), st.floats(0, 1))
def test_whatever_a_person_took_out_stays_out_and_nobody_is_out_for_hearsay_alone(kinds: str, threshold: float) -> None:
    some = [KINDS[kind]() for kind in kinds]
    found, panicking = members(some, threshold)
    got = [kinds[some.index(one)] for one in found]
    assert not {"t", "0"} & set(got)
    assert bool(got) == any(kind in kinds for kind in "+?e" + ("-" if panicking else ""))
    assert ("-" in got) <= panicking
    assert sorted(map(some.index, found)) == list(map(some.index, found)), "in their order"
