"""Which endpoint gets the next request: of two drawn at random, the one that is likely to answer first.

Its cost is its latency, as a moving average that jumps to each peak and forgets slowly, times the requests it would then
have under way: an endpoint that becomes slow is left alone after its first slow reply, and tried again as the memory
fades. One that never replied yet costs nothing until it has a request under way; from then on it is not taken before
others that are known. Source: Finagle's PeakEwma load metric (twitter/finagle, finagle-core, loadbalancer/PeakEwma).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp
from typing import Protocol, TypeVar

from arena.policy.balance import Loaded, able

DECAY_SECONDS = 10.0
_UNKNOWN = 1e9  # what an endpoint costs that has a first request under way


class PeakEwma:
    """The latency of one endpoint in seconds. `now` is monotonic seconds."""

    __slots__ = ("_at", "_cost")

    def __init__(self) -> None:
        self._cost = 0.0
        self._at = 0.0

    def observe(self, seconds: float, now: float) -> None:
        """A reply began `seconds` after it was asked for."""
        kept = exp(min(0.0, self._at - now) / DECAY_SECONDS)
        self._cost = max(seconds, self._cost * kept + seconds * (1.0 - kept))
        self._at = now

    def value(self, now: float) -> float:
        """The average, less what was forgotten since the last reply; 0 for an endpoint that never replied."""
        return self._cost * exp(min(0.0, self._at - now) / DECAY_SECONDS)


class Timed(Loaded, Protocol):
    """A candidate with a latency; None for one that is not measured yet."""

    latency: PeakEwma | None


T = TypeVar("T", bound=Timed)


def cost(one: Timed, now: float) -> float:
    """What it costs to ask this one more request."""
    latency = one.latency.value(now) if one.latency is not None else 0.0
    if latency == 0.0 and one.in_flight:
        return _UNKNOWN + one.in_flight
    return latency * (one.in_flight + 1)


def choose_fastest(
    candidates: Sequence[T], now: float, draw: Callable[[], float], cost: Callable[[T, float], float] = cost
) -> T | None:
    """The cheaper of two of `candidates`; the resting only when all rest, None when no breaker admits. `draw` gives random
    numbers in [0, 1)."""
    some = able(candidates, now)
    if len(some) < 2:
        return some[0] if some else None
    first = int(draw() * len(some))
    second = int(draw() * (len(some) - 1))
    second += second >= first
    return min(some[first], some[second], key=lambda one: cost(one, now))
