"""Which endpoint gets the next request: the less busy of two drawn at random.

Two random choices keep the longest queue at O(log log n) where one choice gives O(log n / log log n), and, unlike the
least busy of all, do not send a herd to the newcomer.
Source: Mitzenmacher, The Power of Two Choices in Randomized Load Balancing (2001).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from arena.policy.breaker import Breaker


class Loaded(Protocol):
    """What a candidate tells: requests under way, until when (on the caller's clock) it is better left alone, and its
    breaker, if it has one."""

    in_flight: int
    resting_until: float
    breaker: Breaker | None


L = TypeVar("L", bound=Loaded)


def choose(candidates: Sequence[L], now: float, draw: Callable[[], float]) -> L | None:
    """One of `candidates`, None if there are none whose breaker admits. `draw` gives random numbers in [0, 1).

    A resting candidate (one that just refused a connection) is taken only when all rest; one whose breaker does not
    admit never is.
    """
    count = len(candidates)
    if count == 1:
        (one,) = candidates
        return one if one.breaker is None or one.breaker.closed or one.breaker.admits(now) else None
    if not count:
        return None
    if count == 2:
        one, other = candidates
        if one.in_flight == other.in_flight:
            chosen = one if draw() < 0.5 else other
        else:
            chosen = one if one.in_flight < other.in_flight else other
    else:
        first = int(draw() * count)
        second = int(draw() * (count - 1))
        if second >= first:
            second += 1
        one, other = candidates[first], candidates[second]
        chosen = one if one.in_flight <= other.in_flight else other
    if chosen.resting_until <= now and (chosen.breaker is None or chosen.breaker.closed):
        return chosen
    admitting = [candidate for candidate in candidates if is_admitting(candidate, now)]
    awake = [candidate for candidate in admitting if candidate.resting_until <= now]
    return min(awake or admitting, key=lambda candidate: candidate.in_flight, default=None)


def able(candidates: Sequence[L], now: float) -> list[L]:
    """Those that may be asked: the awake, or when all rest, those whose breaker admits."""
    awake = [one for one in candidates if is_awake(one, now)]
    return awake or [one for one in candidates if is_admitting(one, now)]


def is_awake(candidate: Loaded, now: float) -> bool:
    """Whether it neither rests nor is kept from work by its breaker."""
    return candidate.resting_until <= now and is_admitting(candidate, now)


def is_admitting(candidate: Loaded, now: float) -> bool:
    """Whether its breaker, if it has one, lets a request through."""
    return candidate.breaker is None or candidate.breaker.closed or candidate.breaker.admits(now)
