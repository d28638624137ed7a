"""A bar is met, not met, or not measured; never guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.bars import BARS, Bar
from benchmarks.result import Result


def states(result: Result) -> list[tuple[str, str]]:
    return [(bar.promise, bar.state(result)) for bar in BARS]


def test_every_bar_against_a_result(whole: Result) -> None:
    assert states(whole) == [
        ("≥ 2 ×", "met"),
        ("≥ 0.75 ×", "not met"),
        ("≥ 4 ×", "not measured"),
        ("≥ 3 ×", "not measured"),
        ("≥ 100 ×", "not measured"),
        ("≤ 1 ×", "met"),
        ("≤ 80 MB", "met"),
        ("≤ 20 kB", "not met"),
        ("≤ 150 ms", "met"),
        ("≤ 4 s", "not measured"),
        ("≥ 0.97 ×", "not measured"),
        ("≤ 10 MB", "not measured"),
    ]


def test_nothing_measured_meets_nothing(whole: Result) -> None:
    nothing = replace(whole, entries=(), figures=())
    assert {state for _, state in states(nothing)} == {"not measured"}


@pytest.mark.parametrize(
    ("at_least", "value", "state"),
    [(True, 2.0, "met"), (True, 1.99, "not met"), (False, 2.0, "met"), (False, 2.01, "not met"), (False, 0.1, "met")],
)
def test_the_bar_itself_counts_as_met(whole: Result, at_least: bool, value: float, state: str) -> None:
    assert Bar("x", 2.0, "s", at_least, lambda _: value).state(whole) == state
