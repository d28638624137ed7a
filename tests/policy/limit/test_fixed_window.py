"""policy.limit.fixed_window: what the contract of all algorithms does not say (tests/contract/test_limit.py)."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from arena.model.route import RateLimit
from arena.policy.limit.fixed_window import FixedWindow

LIMIT = RateLimit(1.0, 10)


def test_the_seam_of_two_windows_lets_two_quotas_pass() -> None:
    window = FixedWindow(LIMIT)
    for now in (9.9, 10.1):
        for _ in range(10):
            assert window.ask("k", now) == 0.0
            window.take("k", now)
        assert window.ask("k", now) > 0.0


@given(st.lists(st.floats(0, 3), max_size=150))
def test_no_window_of_the_clock_holds_more_than_the_quota(gaps: list[float]) -> None:
    window, now, held = FixedWindow(LIMIT), 0.0, Counter[float]()
    for gap in gaps:
        now += gap
        if window.ask("k", now) == 0.0:
            window.take("k", now)
            held[now // 10.0] += 1
    assert all(count <= 10 for count in held.values())


def test_the_wait_is_until_the_window_ends() -> None:
    window = FixedWindow(RateLimit(0.1, 1))
    assert window.take("k", 12.0) == (0, 8.0)
    assert window.ask("k", 15.0) == 5.0
