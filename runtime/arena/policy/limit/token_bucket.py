"""Token bucket, as the generic cell rate algorithm: one number per key.

The number is the *theoretical arrival time* (TAT) of the key's next request if it kept exactly to its rate; a request is
admitted while the TAT lies no more than `burst - 1` periods ahead of the clock. So within any span of `t` seconds a key
gets at most `burst + rate * t` requests, and a lone client that keeps to its rate is never refused.
Source: ITU-T I.371 annex A; https://brandur.org/rate-limiting.
"""

from __future__ import annotations

from collections.abc import Hashable
from math import inf

from arena.model.route import RateLimit
from arena.policy.limit.admission import Admission, Answer
from arena.policy.limit.booking import Booking
from arena.policy.limit.memory import MAX_KEYS, Memory

_ROUNDING = 1e-9  # seconds; sums of periods are not exact


class TokenBucket(Admission):
    """Implements `limiter.Limiter` and `booking.Bookable`."""

    __slots__ = ("_ahead", "_memory", "_period")

    def __init__(self, limit: RateLimit, max_keys: int = MAX_KEYS) -> None:
        self._period = 1.0 / limit.rate
        self._ahead = self._period * (limit.burst - 1)
        # A TAT that has passed is a full bucket.
        self._memory: Memory[float] = Memory(self._ahead + self._period, max, max_keys)

    def ask(self, key: Hashable, now: float) -> float:
        tat = self._memory.get(key, now)
        if tat is None:
            return 0.0
        wait = tat - now - self._ahead
        return wait if wait > _ROUNDING else 0.0

    def take(self, key: Hashable, now: float) -> tuple[int, float]:
        tat = self._memory.get(key, now)
        tat = now + self._period if tat is None or tat < now else tat + self._period
        self._memory.put(key, tat, now)
        filled = tat - now
        return int((self._ahead - filled) / self._period + 1 + _ROUNDING), filled

    def admit(self, key: Hashable, now: float) -> Answer:
        # As the base has it, with one look at the memory: the usual limit of the usual route.
        tat = self._memory.get(key, now)
        if tat is None or tat < now:
            tat = now
        wait = tat - now - self._ahead
        if wait > _ROUNDING:
            return wait, 0, wait
        tat += self._period
        self._memory.put(key, tat, now)
        filled = tat - now
        return 0.0, int((self._ahead - filled) / self._period + 1 + _ROUNDING), filled

    def ask_for(self, key: Hashable, cost: int, now: float) -> float:
        """As `ask`, for `cost` at once; infinite for more than a burst."""
        if self._period * (cost - 1) > self._ahead + _ROUNDING:
            return inf
        wait = max(self._memory.get(key, now) or now, now) + self._period * (cost - 1) - now - self._ahead
        return wait if wait > _ROUNDING else 0.0

    def take_for(self, key: Hashable, cost: int, now: float) -> tuple[int, float]:
        """As `take`, for `cost` at once."""
        tat = max(self._memory.get(key, now) or now, now) + self._period * cost
        self._memory.put(key, tat, now)
        return max(0, int((self._ahead - tat + now) / self._period + 1 + _ROUNDING)), tat - now

    def settle(self, key: Hashable, booking: Booking, used: int, now: float) -> None:
        """What came back with time since the booking is not given back again. A debt is a whole burst at most."""
        tat = max(self._memory.get(key, now) or now, now)
        more = used - booking.cost
        if more > 0:
            tat = min(tat + more * self._period, now + self._ahead + self._period)
        else:
            kept = max(0.0, booking.cost - (now - booking.at) / self._period)
            tat = max(now, tat - min(-more, kept) * self._period)
        self._memory.put(key, tat, now)

    def __len__(self) -> int:
        return len(self._memory)
