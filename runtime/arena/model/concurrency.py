"""How many requests may be under way at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConcurrencyLimit:
    """At most `max_in_flight` requests at once: of all together, or for each value of `by`, which is one of `RateLimit.by`.
    Of those beyond it `max_queue` wait, in turn, `queue_timeout` seconds at most (only where all are counted together).
    `enforce` False: what would have been refused is counted, and let pass."""

    max_in_flight: int
    by: str = ""
    max_queue: int = 0
    queue_timeout: float = 1.0
    enforce: bool = True
