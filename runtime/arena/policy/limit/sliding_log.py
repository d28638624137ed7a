"""Sliding log: the time of every request that still counts, per key.

A request is admitted while fewer than `quota` were admitted within the last `window` seconds: never more than the quota in
any span shorter than the window, wherever it begins. The price is a number for each request, so that fewer keys are held
apart the greater the quota is.
Source: https://blog.cloudflare.com/counting-things-a-lot-of-different-things/ (there, what a counter approximates).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from heapq import merge

from arena.model.route import RateLimit
from arena.policy.limit.admission import Admission
from arena.policy.limit.memory import MAX_KEYS, Memory

MAX_TIMES = 2_000_000  # in each generation; about 64 MB
_ROUNDING = 1e-9


class SlidingLog(Admission):
    """Implements `limiter.Limiter`. A state is the times of admission, the oldest first."""

    __slots__ = ("_memory", "_quota", "_window")

    def __init__(self, limit: RateLimit, max_keys: int = MAX_KEYS) -> None:
        self._quota = limit.burst
        self._window = limit.window
        room = max(1, min(max_keys, MAX_TIMES // limit.burst))
        self._memory: Memory[deque[float]] = Memory(limit.window, self._joined, room)

    def ask(self, key: Hashable, now: float) -> float:
        times = self._memory.get(key, now)
        if times is None or len(times) < self._quota:
            return 0.0
        wait = times[-self._quota] + self._window - now
        return wait if wait > _ROUNDING else 0.0

    def take(self, key: Hashable, now: float) -> tuple[int, float]:
        times = self._memory.get(key, now)
        if times is None:
            times = deque(maxlen=self._quota)
        gone = now - self._window + _ROUNDING
        while times and times[0] <= gone:
            times.popleft()
        times.append(now)
        self._memory.put(key, times, now)
        return self._quota - len(times), times[0] + self._window - now

    def __len__(self) -> int:
        return len(self._memory)

    def _joined(self, own: deque[float], shared: deque[float]) -> deque[float]:
        return deque(merge(own, shared), maxlen=self._quota)
