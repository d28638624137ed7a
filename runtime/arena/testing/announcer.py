"""An announcer that only remembers."""

from __future__ import annotations

from dataclasses import dataclass, field

from arena.model.address import Address
from arena.model.workload import Workload


@dataclass(slots=True)
class FakeAnnouncer:
    """Implements `supervisor.announce.Announcer`. `known` and `metadata` are what a registry would have, by instance;
    `log` is every call."""

    known: dict[str, Address] = field(default_factory=dict)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    async def announce(self, workload: Workload, instance: str, address: Address) -> None:
        self.log.append(f"announce {instance}")
        self.known[instance] = address
        self.metadata[instance] = workload.metadata

    async def withdraw(self, workload: Workload, instance: str) -> None:  # noqa: ARG002  # the Announcer's signature
        self.log.append(f"withdraw {instance}")
        self.known.pop(instance, None)
