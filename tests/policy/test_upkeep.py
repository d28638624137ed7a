from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.project import Jwks
from arena.policy.upkeep import ASK_SECONDS, Upkeep

RULE = Jwks("u", refresh=300.0, stale_if_error=1000.0)


@pytest.mark.parametrize(
    ("max_age", "refresh", "lasts"),
    [
        (None, 300.0, 300.0),
        (60.0, 300.0, 60.0),
        (86400.0, 300.0, 300.0),  # whoever takes a key back wants that seen soon
        (0.0, 300.0, 30.0),
        (0.0, 10.0, 10.0),
        (None, 10.0, 10.0),
    ],
)
def test_how_long_keys_last(max_age: float | None, refresh: float, lasts: float) -> None:
    upkeep = Upkeep().begun(100.0).succeeded(Jwks("u", refresh=refresh, stale_if_error=50.0), max_age, 100.0)
    assert not upkeep.is_due(100.0 + lasts - 0.01) and upkeep.is_due(100.0 + lasts)
    assert not upkeep.is_expired(100.0 + lasts + 49.9) and upkeep.is_expired(100.0 + lasts + 50.0)


def test_at_the_beginning_they_are_due_and_there_are_none() -> None:
    assert Upkeep().is_due(0.0) and Upkeep().may_ask(0.0) and Upkeep().is_expired(0.0)


def test_failures_are_spaced_out_up_to_a_minute() -> None:
    upkeep, delays = Upkeep(), []
    for _ in range(9):
        upkeep = upkeep.begun(0.0).failed(0.0, 0.0)
        delays.append(upkeep.due_at)
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert upkeep.succeeded(RULE, None, 5.0).failures == 0


def test_a_fetch_that_is_never_heard_of_again_is_not_the_last() -> None:
    assert not Upkeep().begun(0.0).is_due(59.0) and Upkeep().begun(0.0).is_due(60.0)


@given(st.lists(st.tuples(st.floats(0, 400), st.booleans(), st.floats(0, 1, exclude_max=True)), max_size=40))
def test_keys_never_outlive_their_time_and_nobody_is_hammered(steps: list[tuple[float, bool, float]]) -> None:
    """Whoever asks whenever it may, for whatever reason, asks no more often than promised, and a success gives keys for
    exactly as long as promised."""
    upkeep, now, asked, had = Upkeep(), 0.0, [], None
    for wait, works, draw in steps:
        now += wait
        if not upkeep.may_ask(now):
            continue
        upkeep = upkeep.begun(now)
        asked.append(now)
        if works:
            upkeep, had = upkeep.succeeded(RULE, None, now), now
        else:
            upkeep = upkeep.failed(now, draw)
        assert now < upkeep.due_at <= now + max(60.0, RULE.refresh)
        assert upkeep.is_expired(now) is (had is None or now >= had + RULE.refresh + RULE.stale_if_error)
    assert all(later - earlier >= ASK_SECONDS for earlier, later in pairwise(asked))
