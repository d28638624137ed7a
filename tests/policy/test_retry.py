"""policy.retry: only what is safe, and never a storm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.resilience import Retries
from arena.policy.retry import IDEMPOTENT, RetryBudget, is_safe, next_try


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
    budget = RetryBudget(ratio=0.2, floor=1.0, reserve=10.0)
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
    budget = RetryBudget(ratio=0.2, floor=1.0, reserve=10.0)
    budget.withdraw(0.0)
    assert sum(budget.withdraw(1_000_000.0) for _ in range(100)) == 10


def test_a_first_failure_may_always_be_retried() -> None:
    assert RetryBudget().withdraw(5.0)


RULES = st.builds(
    Retries,
    attempts=st.integers(1, 10),
    backoff=st.floats(0.001, 1.0),
    max_backoff=st.floats(1.0, 10.0),
)
DRAWS = st.floats(0, 1, exclude_max=True)


TIMES = st.tuples(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 5))


@given(RULES, st.integers(1, 12), TIMES, DRAWS, st.booleans())
def test_no_attempt_beyond_the_count_nor_after_the_deadline(
    rule: Retries, made: int, times: tuple[float, float, float], draw: float, at_once: bool
) -> None:
    now, deadline, not_before = times
    wait = next_try(rule, made, now, deadline, draw, at_once=at_once, not_before=not_before)
    if wait is None:
        assert made >= rule.attempts or now + rule.max_backoff + not_before >= deadline
        return
    assert made < rule.attempts
    assert now + wait < deadline
    assert wait >= not_before
    assert wait <= max(not_before, 0.0 if at_once else min(rule.max_backoff, rule.backoff * 2 ** (made - 1)))


def test_the_pause_grows_and_a_part_of_it_is_waited() -> None:
    rule = Retries(attempts=9, backoff=0.1, max_backoff=0.5)
    full = [next_try(rule, made, 0.0, 1e9, 0.5) for made in range(1, 6)]
    assert full == [0.05, 0.1, 0.2, 0.25, 0.25]
    assert next_try(rule, 1, 0.0, 1e9, 0.0) == 0.0


def test_one_attempt_is_no_retry() -> None:
    assert next_try(Retries(attempts=1), 1, 0.0, 1e9, 0.5, at_once=True) is None


@given(st.floats(0.01, 1.0), st.integers(0, 2000))
def test_a_busy_second_retries_no_more_than_its_share_and_what_was_saved(ratio: float, requests: int) -> None:
    budget = RetryBudget(ratio)
    for _ in range(requests):
        budget.deposit()
    retries = sum(budget.withdraw(7.0) for _ in range(3000))
    assert retries <= min(100.0, 10.0 + ratio * requests) + 1e-6
