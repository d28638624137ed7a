"""Asking a limiter and taking at once, for a request under one limit."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

Answer = tuple[float, int, float]
"""Seconds to wait (0.0: admitted and counted), requests left, seconds until the quota begins anew."""


class _InTwoSteps(Protocol):
    def ask(self, key: Hashable, now: float) -> float: ...

    def take(self, key: Hashable, now: float) -> tuple[int, float]: ...


class Admission:
    """Gives a limiter that has `ask` and `take` both in one."""

    __slots__ = ()

    def admit(self: _InTwoSteps, key: Hashable, now: float) -> Answer:
        """Ask, and count the request if it may pass."""
        wait = self.ask(key, now)
        return (wait, 0, wait) if wait else (0.0, *self.take(key, now))
