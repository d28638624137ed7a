"""When a failed attempt may be made again.

A retry must be safe (nothing was sent, or asking twice does the same as asking once) and affordable: retries are a
share of the requests that succeed in being asked at all, so that a failing service is not buried under its own retries.
Sources: RFC 9110 section 9.2.2 (idempotent methods); Finagle's RetryBudget.
"""

from __future__ import annotations

IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"TRACE"})
MAX_ATTEMPTS = 3


def is_safe(method: bytes, sent: bool, answered: bool, replayable: bool) -> bool:
    """Whether a request may be sent again. `sent`: any byte of it may have reached the endpoint; `answered`: any byte
    of a reply came; `replayable`: everything sent is still at hand."""
    if answered or not replayable:
        return False
    return not sent or method in IDEMPOTENT


class RetryBudget:
    """Retries may be `ratio` of the requests, plus `floor` a second, saved up for at most `span` seconds."""

    __slots__ = ("_balance", "_floor", "_limit", "_ratio", "_seen_at")

    def __init__(self, ratio: float = 0.2, floor: float = 10.0, span: float = 10.0) -> None:
        self._ratio = ratio
        self._floor = floor
        self._limit = floor * span
        self._balance = floor
        self._seen_at: float | None = None

    def deposit(self) -> None:
        """Count a request."""
        balance = self._balance + self._ratio
        self._balance = balance if balance < self._limit else self._limit

    def withdraw(self, now: float) -> bool:
        """Take one retry at `now` (seconds, never backwards); False when the budget is spent."""
        if self._seen_at is not None:
            self._balance = min(self._limit, self._balance + (now - self._seen_at) * self._floor)
        self._seen_at = now
        if self._balance < 1.0:
            return False
        self._balance -= 1.0
        return True
