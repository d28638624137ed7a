"""policy.limit.memory: bounded, and never forgetful of what still counts, whatever the algorithm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.route import RateLimit
from arena.policy.limit.fixed_window import FixedWindow
from arena.policy.limit.limiter import Limiter
from arena.policy.limit.memory import SLOTS, Memory
from arena.policy.limit.sliding_counter import SlidingCounter
from arena.policy.limit.sliding_log import SlidingLog
from arena.policy.limit.token_bucket import TokenBucket

ALL: list[Callable[..., Limiter]] = [TokenBucket, FixedWindow, SlidingCounter, SlidingLog]


@pytest.mark.parametrize("kind", ALL)
def test_it_stays_bounded_however_many_keys_ask(kind: Callable[..., Limiter]) -> None:
    limiter = kind(RateLimit(1.0, 5), max_keys=100)
    for n in range(10_000):
        now = 1000.0 + n * 0.001
        if limiter.ask(n, now) == 0.0:
            limiter.take(n, now)
    assert len(limiter) <= 2 * 100 + SLOTS


@pytest.mark.parametrize("kind", ALL)
@given(
    max_keys=st.integers(1, 5),
    asks=st.lists(st.tuples(st.integers(0, 30), st.floats(0, 0.5)), min_size=1, max_size=150),
)
def test_a_crowd_gets_no_key_more_than_it_would_have_alone(
    kind: Callable[..., Limiter], max_keys: int, asks: list[tuple[int, float]]
) -> None:
    limit = RateLimit(2.0, 3)
    crowded, now = kind(limit, max_keys=max_keys), 1000.0
    alone: dict[int, Limiter] = {}
    for key, gap in asks:
        now += gap
        if crowded.ask(key, now) == 0.0:
            crowded.take(key, now)
            own = alone.setdefault(key, kind(limit))
            assert own.ask(key, now) == 0.0
            own.take(key, now)


@pytest.mark.parametrize("kind", ALL)
def test_crowding_ends_when_the_crowd_has_gone(kind: Callable[..., Limiter]) -> None:
    limiter = kind(RateLimit(10.0, 2), max_keys=2)
    for n in range(50):
        limiter.take(n, 1000.0)
    for _ in range(2):
        assert limiter.ask("late", 1060.0) == 0.0
        limiter.take("late", 1060.0)


def test_what_was_written_within_the_span_is_known() -> None:
    memory: Memory[int] = Memory(10.0, max)
    assert memory.get("k", 0.0) is None
    memory.put("k", 1, 0.0)
    for now in (0.0, 5.0, 10.0):
        assert memory.get("k", now) == 1
    memory.put("k", 2, 10.0)
    assert memory.get("k", 20.0) == 2
    assert memory.get("k", 60.0) is None
    assert len(memory) == 0
