"""What a person says of endpoints and routes, and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class BreakerPlace:
    """An `instance` of `service`, every one there is or will be where it is "", or else a `route`, which needs a breaker."""

    service: str = ""
    instance: str = ""
    route: str = ""

    def covers(self, other: BreakerPlace) -> bool:
        """Whether what is said of this place is said of the other one."""
        if self.route or other.route:
            return self.route == other.route
        return self.service == other.service and self.instance in ("", other.instance)


@dataclass(frozen=True, slots=True)
class BreakerOrder:
    """ "trip": no request goes to `place` until `until`, or until a "reset", which also closes the breakers there. Times in
    Unix seconds, `until` None for no end."""

    verb: Literal["trip", "reset"]
    place: BreakerPlace
    at: float
    until: float | None = None


@dataclass(frozen=True, slots=True)
class BreakerRow:
    """One endpoint, or one `route` with a breaker, as one gateway worker sees it ("" for the only one). `state` is "closed",
    "half_open" or "open", "disabled" without a breaker, "ejected" for `ejected_seconds` more when it did much worse than its
    peers, "tripped" while a person keeps it out, until `tripped_until` (Unix seconds, None for no end). `wait_seconds` until
    an open breaker tries again, `opened` how often it opened. `weight` is as much of `full_weight` as it has now. A route has
    neither instance, URL, health nor weight."""

    worker: str
    service: str
    state: str
    opened: int
    wait_seconds: float
    tripped_until: float | None
    route: str = ""
    instance: str = ""
    url: str = ""
    ejected_seconds: float = 0.0
    health: str = ""
    in_traffic: bool = True
    in_flight: int = 0
    weight: float = 1.0
    full_weight: float = 1.0

    @property
    def place(self) -> BreakerPlace:
        """What an order would have to cover to be about it."""
        return BreakerPlace(route=self.route) if self.route else BreakerPlace(self.service, self.instance)
