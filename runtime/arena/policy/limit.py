"""How often a caller may ask: the generic cell rate algorithm, a token bucket that keeps one number per caller.

The number is the *theoretical arrival time* (TAT) of the caller's next request if it kept exactly to its rate; a
request is admitted while the TAT lies no more than `burst - 1` periods ahead of the clock. So within any window of
`t` seconds a key gets at most `burst + rate * t` requests, and a lone client that keeps to its rate is never refused.
Source: ITU-T I.371 annex A; https://brandur.org/rate-limiting.
"""

from __future__ import annotations

from collections.abc import Hashable

from arena.model.route import RateLimit

OVERFLOW_SLOTS = 1024
_ROUNDING = 1e-9  # seconds; sums of periods are not exact


class Limiter:
    """One RateLimit over many keys, in bounded memory.

    Keys rest in two generations. A generation is dropped when none of its TATs can lie ahead of the clock any more,
    which is the same as a full bucket, so that nothing is forgotten which still counts. When `max_keys` callers are
    live at once, further ones share `OVERFLOW_SLOTS` buckets: they may then get less than promised, never more.
    """

    __slots__ = ("_ahead", "_crowded", "_max_keys", "_old", "_period", "_slots", "_turned_at", "_young", "limit")

    def __init__(self, limit: RateLimit, max_keys: int = 100_000) -> None:
        """Raises ValueError for a rate that is not positive or a burst below one."""
        if limit.rate <= 0 or limit.burst < 1:
            raise ValueError(f"a rate limit needs a positive rate and a burst of at least 1, got {limit}")
        self.limit = limit
        self._period = 1.0 / limit.rate
        self._ahead = self._period * (limit.burst - 1)
        self._max_keys = max_keys
        self._young: dict[Hashable, float] = {}
        self._old: dict[Hashable, float] = {}
        self._turned_at = float("-inf")
        self._slots = [float("-inf")] * OVERFLOW_SLOTS
        self._crowded = False  # some slot holds a TAT that may lie ahead of the clock

    def admit(self, key: Hashable, now: float) -> float:
        """Count a request of `key` at `now` (seconds, never backwards). 0.0 when admitted, else the seconds to wait."""
        if now - self._turned_at > self._ahead + self._period:
            self._turn(now)
        young = self._young
        tat = young.get(key)
        if tat is None:
            tat = self._old.get(key, now)
            if self._crowded or len(young) >= self._max_keys:
                return self._admit_crowded(key, tat, now)
        wait = tat - now - self._ahead
        if wait > _ROUNDING:
            return wait
        young[key] = (tat if tat > now else now) + self._period
        return 0.0

    def __len__(self) -> int:
        """How many keys are held."""
        return len(self._young) + len(self._old)

    def _turn(self, now: float) -> None:
        # What was last counted before the previous turn has a TAT that has passed; after two silent spans, everything
        # has.
        silent = now - self._turned_at > 2 * (self._ahead + self._period)
        self._old = {} if silent else self._young
        self._young = {}
        self._turned_at = now
        self._crowded = self._crowded and max(self._slots) > now

    def _admit_crowded(self, key: Hashable, tat: float, now: float) -> float:
        slot = hash(key) % OVERFLOW_SLOTS
        tat = max(tat, self._slots[slot])
        wait = tat - now - self._ahead
        if wait > _ROUNDING:
            return wait
        tat = max(tat, now) + self._period
        if len(self._young) < self._max_keys:
            self._young[key] = tat
        else:
            self._slots[slot] = tat
            self._crowded = True
        return 0.0
