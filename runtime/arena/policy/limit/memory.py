"""What a limiter knows of its keys, in bounded memory.

Keys rest in two generations. A generation is dropped once nothing in it was written within `span` seconds, after which an
algorithm would treat its keys as new anyway: nothing is forgotten which still counts. While `max_keys` callers are live at
once, further ones share SLOTS places. A key's state is then the worse of its own and its slot's: it may get less than
promised, never more.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

MAX_KEYS = 100_000
SLOTS = 1024

S = TypeVar("S")


class Memory(Generic[S]):
    """`worse(a, b)` is a state that admits nothing which either of them would refuse; it need not be one of the two."""

    __slots__ = ("_crowded_at", "_max_keys", "_old", "_slots", "_span", "_turned_at", "_worse", "_young")

    def __init__(self, span: float, worse: Callable[[S, S], S], max_keys: int = MAX_KEYS) -> None:
        self._span = span
        self._worse = worse
        self._max_keys = max_keys
        self._young: dict[Hashable, S] = {}
        self._old: dict[Hashable, S] = {}
        self._slots: dict[int, S] = {}
        self._turned_at = float("-inf")
        self._crowded_at = float("-inf")  # when a slot was last written

    def get(self, key: Hashable, now: float) -> S | None:
        """What was last put for `key`, None when that no longer matters. `now` never goes backwards."""
        if now - self._turned_at > self._span:
            self._turn(now)
        state = self._young.get(key)
        if state is None:
            state = self._old.get(key)
        if not self._slots:
            return state
        shared = self._slots.get(hash(key) % SLOTS)
        if state is None or shared is None:
            return shared if state is None else state
        return self._worse(state, shared)

    def put(self, key: Hashable, state: S, now: float) -> None:
        """Keep the state of `key`, right after it was got at the same `now`."""
        young = self._young
        if key in young or len(young) < self._max_keys:
            young[key] = state
        else:
            self._slots[hash(key) % SLOTS] = state
            self._crowded_at = now

    def __len__(self) -> int:
        """How many states are held."""
        return len(self._young) + len(self._old) + len(self._slots)

    def _turn(self, now: float) -> None:
        # What was last written before the previous turn is older than the span; after two silent spans, everything is.
        self._old = {} if now - self._turned_at > 2 * self._span else self._young
        self._young = {}
        self._turned_at = now
        if now - self._crowded_at > self._span:
            self._slots = {}
