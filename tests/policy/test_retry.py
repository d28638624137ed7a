"""policy.retry: only what is safe, and never a storm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.retry import IDEMPOTENT, RetryBudget, is_safe


@pytest.mark.parametrize(
    ("method", "sent", "answered", "replayable", "expected"),
    [
        (b"POST", False, False, True, True),
        (b"POST", True, False, True, False),
        (b"PATCH", True, False, True, False),
        (b"GET", True, False, True, True),
        (b"PUT", True, False, True, True),
        (b"DELETE", True, False, True, True),
        (b"GET", True, True, True, False),
        (b"GET", True, False, False, False),
        (b"POST", False, False, False, False),
    ],
)
def test_what_may_be_sent_again(method: bytes, sent: bool, answered: bool, replayable: bool, expected: bool) -> None:
    assert is_safe(method, sent, answered, replayable) is expected


def test_methods_that_change_things_each_time_are_not_idempotent() -> None:
    assert IDEMPOTENT.isdisjoint({b"POST", b"PATCH", b"CONNECT"})


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 0.2)), max_size=400))
def test_retries_never_pass_the_share_and_the_floor(steps: list[tuple[bool, float]]) -> None:
    budget = RetryBudget(ratio=0.2, floor=1.0, span=10.0)
    now = started = 100.0
    budget.withdraw(now)  # the clock of the budget starts here
    requests = retries = 0
    for is_request, gap in steps:
        now += gap
        if is_request:
            requests += 1
            budget.deposit()
        elif budget.withdraw(now):
            retries += 1
    assert retries <= 1.0 + 0.2 * requests + 1.0 * (now - started) + 1e-6


def test_an_idle_budget_does_not_save_for_ever() -> None:
    budget = RetryBudget(ratio=0.2, floor=1.0, span=10.0)
    budget.withdraw(0.0)
    assert sum(budget.withdraw(1_000_000.0) for _ in range(100)) == 10


def test_a_first_failure_may_always_be_retried() -> None:
    assert RetryBudget().withdraw(5.0)
