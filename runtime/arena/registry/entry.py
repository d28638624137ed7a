"""The registry's own nouns."""

from __future__ import annotations

from dataclasses import dataclass, field

from arena.model.address import Address
from arena.model.service import Probe
from arena.model.snapshot import Endpoint, EndpointHealth


@dataclass(frozen=True, slots=True)
class Check:
    """An http or tcp probe and where it is sent: the port may be another one than the service's, the host may not. `explicit`:
    the registration spelt out its terms (interval, timeout, thresholds) and did not take the defaults."""

    address: Address
    probe: Probe
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Registration:
    """What an instance says of itself. `ttl` in seconds; None is static: it lives until it is deregistered."""

    service: str
    instance: str
    address: Address
    ttl: float | None
    check: Check | None = None
    metadata: dict[str, object] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.service, self.instance


@dataclass(frozen=True, slots=True)
class Entry:
    """A registration and what is known of it. `detail` is what the last check saw. `expires_at` is on the registry's own
    monotonic clock, None for static entries."""

    registration: Registration
    health: EndpointHealth
    expires_at: float | None
    detail: str = ""

    @property
    def endpoint(self) -> Endpoint:
        """The entry as others see it."""
        told = self.registration
        return Endpoint(told.service, told.instance, told.address, self.health, told.metadata)
