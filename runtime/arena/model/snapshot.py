"""Who is alive, as one immutable value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from arena.model.address import Address

EndpointHealth = Literal["passing", "failing", "unknown"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One registered instance and what the registry knows of its health."""

    service: str
    instance: str
    address: Address
    health: EndpointHealth = "unknown"
    metadata: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every endpoint the registry knows, at one version. Versions of one `epoch` (one registry life) only grow."""

    version: int = 0
    epoch: str = ""
    endpoints: tuple[Endpoint, ...] = ()
