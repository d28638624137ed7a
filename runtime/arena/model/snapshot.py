"""Who is alive, as one immutable value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from arena.model.address import Address

MOST_WEIGHT = 65535
EndpointHealth = Literal["passing", "failing", "unknown"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One registered instance and what the registry knows of its health. `metadata` may hold its `weight`, a number from 0 to
    MOST_WEIGHT, as it is or as text; 1 without it."""

    service: str
    instance: str
    address: Address
    health: EndpointHealth = "unknown"
    metadata: dict[str, object] = field(default_factory=dict)


def weight(told: object) -> float:
    """A weight as metadata may hold it. Raises ValueError for what is none."""
    if isinstance(told, bool) or not isinstance(told, (int, float, str)):
        raise ValueError(f"{told!r:.60} is no weight")
    number = float(told)
    if not 0 <= number <= MOST_WEIGHT:
        raise ValueError(f"{told!r:.60} is not from 0 to {MOST_WEIGHT}")
    return number


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every endpoint the registry knows, at one version. Versions of one `epoch` (one registry life) only grow."""

    version: int = 0
    epoch: str = ""
    endpoints: tuple[Endpoint, ...] = ()
