"""What a person says of endpoints, and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class BreakerOrder:
    """ "trip": no request goes to this `instance` of `service` ("" for every one there is or will be), until `until` or a
    "reset", which also closes the breakers that are open. Times in Unix seconds, `until` None for no end."""

    verb: Literal["trip", "reset"]
    service: str
    instance: str
    at: float
    until: float | None = None

    def covers(self, service: str, instance: str) -> bool:
        """Whether it speaks of this endpoint."""
        return self.service == service and self.instance in ("", instance)


@dataclass(frozen=True, slots=True)
class BreakerRow:
    """One endpoint as one gateway worker sees it ("" for the only one). `state` is "closed", "half_open" or "open",
    "disabled" without a breaker, "ejected" for `ejected_seconds` more when it did much worse than its peers, "tripped" while
    a person keeps it out, until `tripped_until` (Unix seconds, None for no end). `wait_seconds` until an open breaker tries
    again, `opened` how often it opened. `weight` is as much of `full_weight` as it has now."""

    worker: str
    service: str
    instance: str
    url: str
    state: str
    opened: int
    wait_seconds: float
    ejected_seconds: float
    tripped_until: float | None
    health: str
    in_traffic: bool
    in_flight: int
    weight: float
    full_weight: float
