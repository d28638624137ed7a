"""How many requests may be under way at once."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Adaptive:
    """A limit that follows the service's latency, from `min` (where it begins) to `max`. Every `probe_interval` seconds of
    constant demand it is lowered for a moment, to see how long an answer takes without a queue."""

    min: int = 4
    max: int = 1000
    probe_interval: float = 30.0


@dataclass(frozen=True, slots=True)
class ConcurrencyLimit:
    """At most `max_in_flight` requests at once, or as many as `adaptive` finds that the service can take: of all together, or
    for each value of `by`, which is one of `RateLimit.by`. Of those beyond it `max_queue` wait, in turn, `queue_timeout`
    seconds at most (only where all are counted together). `enforce` False: what would have been refused is counted, and let
    pass."""

    max_in_flight: int
    by: str = ""
    max_queue: int = 0
    queue_timeout: float = 1.0
    enforce: bool = True
    adaptive: Adaptive | None = None

    def part(self, workers: int) -> ConcurrencyLimit:
        """What each of so many gateway workers counts: its part of the places that all share, or all that one caller may have,
        whose few connections need not be spread evenly."""
        if workers == 1 or self.by not in ("", "route", "service"):
            return self
        adaptive = self.adaptive
        if adaptive is not None:
            adaptive = replace(adaptive, min=part(adaptive.min, workers), max=part(adaptive.max, workers))
        places, queue = part(self.max_in_flight, workers), part(self.max_queue, workers)
        return replace(self, max_in_flight=places, max_queue=queue, adaptive=adaptive)


def part(count: int, workers: int) -> int:
    """The part of `count` that each of so many workers has, rounded up so that none is without."""
    return -(-count // workers)
