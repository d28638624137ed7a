"""Which endpoint gets the next request: each in its turn.

Fair by number, blind to how long requests take: for services whose requests all cost the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from arena.policy.balance import L, is_admitting, is_awake


class Rotation:
    """`start` is whose turn it is first, so that several gateways do not all begin with the same one."""

    __slots__ = ("_turn",)

    def __init__(self, start: int = 0) -> None:
        self._turn = start

    def choose(self, candidates: Sequence[L], now: float) -> L | None:
        """The next of `candidates`; the resting only when all rest, None when no breaker admits."""
        count = len(candidates)
        self._turn += 1
        spare = None
        for step in range(count):
            one = candidates[(self._turn + step) % count]
            if is_awake(one, now):
                self._turn += step
                return one
            if spare is None and is_admitting(one, now):
                spare = one
        return spare
