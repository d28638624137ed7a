"""When a failed attempt may be made again.

A retry must be safe (nothing was sent, or asking twice does the same as asking once), in time, and affordable: retries are a
share of the requests that succeed in being asked at all, so that a failing service is not buried under its own retries.
Between attempts lies a random time that grows (see `policy.backoff`), so that those who failed together do not come back
together.
Sources: RFC 9110 section 9.2.2 (idempotent methods); Finagle's RetryBudget.
"""

from __future__ import annotations

from arena.model.resilience import Retries
from arena.policy.backoff import longest

IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"TRACE"})


def is_safe(method: bytes, sent: bool, answered: bool, replayable: bool) -> bool:
    """Whether a request may be sent again. `sent`: any byte of it may have reached the endpoint; `answered`: any byte
    of a reply came; `replayable`: everything sent is still at hand."""
    if answered or not replayable:
        return False
    return not sent or method in IDEMPOTENT


def next_try(
    rule: Retries,
    made: int,
    now: float,
    deadline: float,
    draw: float,
    *,
    at_once: bool = False,
    not_before: float = 0.0,
) -> float | None:
    """How many seconds to wait until the next attempt; None: there is none. `made` attempts were made, the last ended at `now`;
    none may begin at the `deadline` or later. `draw` is a random number in [0, 1). `at_once`: without back-off. `not_before`
    is what the service itself asked for, in seconds from now."""
    if made >= rule.attempts:
        return None
    wait = 0.0 if at_once else draw * longest(rule.backoff, rule.max_backoff, made - 1)
    wait = max(wait, not_before)
    return wait if now + wait < deadline else None


class RetryBudget:
    """Retries may be `ratio` of the requests, plus `floor` a second so that a quiet service has some. What is not used is
    saved, up to `reserve`, of which a tenth is there from the start."""

    __slots__ = ("_balance", "_floor", "_reserve", "_seen_at", "ratio")

    def __init__(self, ratio: float = 0.2, floor: float = 1.0, reserve: float = 100.0) -> None:
        self.ratio = ratio
        self._floor = floor
        self._reserve = reserve
        self._balance = reserve / 10.0
        self._seen_at: float | None = None

    def deposit(self) -> None:
        """Count a request."""
        balance = self._balance + self.ratio
        self._balance = balance if balance < self._reserve else self._reserve

    def withdraw(self, now: float) -> bool:
        """Take one retry at `now` (seconds, never backwards); False when the budget is spent."""
        if self._seen_at is not None:
            self._balance = min(self._reserve, self._balance + (now - self._seen_at) * self._floor)
        self._seen_at = now
        if self._balance < 1.0:
            return False
        self._balance -= 1.0
        return True
