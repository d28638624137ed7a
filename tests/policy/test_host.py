"""policy.host: what a wildcard stands for, and who goes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.host import by_precedence, covers, meet, suffix


@pytest.mark.parametrize(
    ("pattern", "host", "covered"),
    [
        ("a.example.org", "a.example.org", True),
        ("a.example.org", "b.example.org", False),
        ("*.example.org", "a.example.org", True),
        ("*.example.org", "a.b.example.org", True),
        ("*.example.org", "example.org", False),
        ("*.example.org", ".example.org", False),
        ("*.example.org", "notexample.org", False),
        ("*.example.org", "a.example.org.evil", False),
        ("*.example.org", "*.eu.example.org", True),
        ("*.eu.example.org", "*.example.org", False),
        ("*.org", "example.org", True),
        ("*.org", "", False),
    ],
)
def test_what_a_pattern_stands_for(pattern: str, host: str, covered: bool) -> None:
    assert covers(pattern, host) is covered


def test_the_closest_goes_first() -> None:
    patterns = ["*.org", "*.eu.example.org", "other.org", "*.example.org", "a.eu.example.org", "*.org"]
    assert list(by_precedence(patterns, "a.eu.example.org")) == [
        "a.eu.example.org", "*.eu.example.org", "*.example.org", "*.org",
    ]  # fmt: skip
    assert list(by_precedence(patterns, "")) == []


_NAMES = st.lists(st.sampled_from(["a", "b", "org"]), min_size=1, max_size=4).map(".".join)
_PATTERNS = st.one_of(_NAMES, _NAMES.map(lambda name: f"*.{name}"))


@given(_PATTERNS, _PATTERNS, _NAMES)
def test_two_patterns_meet_where_a_name_fits_both(one: str, other: str, name: str) -> None:
    if covers(one, name) and covers(other, name):
        assert meet(one, other)
    if meet(one, other):
        shared = [each for each in (one, other, f"x{suffix(one)}", f"x{suffix(other)}") if not suffix(each)]
        assert any(covers(one, each) and covers(other, each) for each in shared)
