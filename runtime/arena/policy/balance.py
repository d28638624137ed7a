"""Which endpoint gets the next request: the less busy of two drawn at random.

Two random choices keep the longest queue at O(log log n) where one choice gives O(log n / log log n), and, unlike the
least busy of all, do not send a herd to the newcomer.
Source: Mitzenmacher, The Power of Two Choices in Randomized Load Balancing (2001).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar


class Loaded(Protocol):
    """What a candidate tells: requests under way, and until when (on the caller's clock) it is better left alone."""

    in_flight: int
    resting_until: float


L = TypeVar("L", bound=Loaded)


def choose(candidates: Sequence[L], now: float, draw: Callable[[], float]) -> L | None:
    """One of `candidates`, None if there are none. `draw` gives random numbers in [0, 1).

    A resting candidate (one that just refused a connection) is taken only when all rest.
    """
    count = len(candidates)
    if count == 1:
        return candidates[0]
    if count == 0:
        return None
    first = int(draw() * count)
    second = int(draw() * (count - 1))
    if second >= first:
        second += 1
    one, other = candidates[first], candidates[second]
    chosen = one if one.in_flight <= other.in_flight else other
    if chosen.resting_until <= now:
        return chosen
    awake = [candidate for candidate in candidates if candidate.resting_until <= now]
    return min(awake or candidates, key=lambda candidate: candidate.in_flight)
