"""Fixed window: a count per key that begins again at every full window of the clock.

At most `quota` requests in each window; so up to twice the quota in a span of that length which lies across the seam of
two. A lone client that spreads its quota evenly, or sends it all at once, is never refused.
Source: https://redis.io/docs/latest/commands/incr/ (pattern: rate limiter).
"""

from __future__ import annotations

from collections.abc import Hashable
from math import inf

from arena.model.route import RateLimit
from arena.policy.limit.admission import Admission
from arena.policy.limit.booking import Booking
from arena.policy.limit.memory import MAX_KEYS, Memory

_ROUNDING = 1e-9  # seconds


class FixedWindow(Admission):
    """Implements `limiter.Limiter` and `booking.Bookable`. A state is (number of the window, requests counted in it)."""

    __slots__ = ("_memory", "_quota", "_window")

    def __init__(self, limit: RateLimit, max_keys: int = MAX_KEYS) -> None:
        self._quota = limit.burst
        self._window = limit.window
        # Of two states the later window is the worse one, then the greater count.
        self._memory: Memory[tuple[float, int]] = Memory(limit.window, max, max_keys)

    def ask(self, key: Hashable, now: float) -> float:
        number = now // self._window
        state = self._memory.get(key, now)
        if state is None or state[0] != number or state[1] < self._quota:
            return 0.0
        return max(_ROUNDING, (number + 1) * self._window - now)

    def take(self, key: Hashable, now: float) -> tuple[int, float]:
        number = now // self._window
        state = self._memory.get(key, now)
        count = state[1] + 1 if state is not None and state[0] == number else 1
        self._memory.put(key, (number, count), now)
        return self._quota - count, (number + 1) * self._window - now

    def ask_for(self, key: Hashable, cost: int, now: float) -> float:
        """As `ask`, for `cost` at once; infinite for more than the quota."""
        if cost > self._quota:
            return inf
        number = now // self._window
        if self._count(key, now) + cost <= self._quota:
            return 0.0
        return max(_ROUNDING, (number + 1) * self._window - now)

    def take_for(self, key: Hashable, cost: int, now: float) -> tuple[int, float]:
        """As `take`, for `cost` at once."""
        number, count = now // self._window, self._count(key, now) + cost
        self._memory.put(key, (number, count), now)
        return max(0, self._quota - count), (number + 1) * self._window - now

    def settle(self, key: Hashable, booking: Booking, used: int, now: float) -> None:
        """What was booked in an earlier window has come back with that; what it used beyond counts in the present one."""
        number, more = now // self._window, used - booking.cost
        if more > 0 or booking.at // self._window == number:
            self._memory.put(key, (number, max(0, self._count(key, now) + more)), now)

    def _count(self, key: Hashable, now: float) -> int:
        state = self._memory.get(key, now)
        return state[1] if state is not None and state[0] == now // self._window else 0

    def __len__(self) -> int:
        return len(self._memory)
