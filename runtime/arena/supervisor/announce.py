"""How the supervisor tells the registry; the daemon supplies the doing."""

from __future__ import annotations

from typing import Protocol

from arena.model.address import Address
from arena.model.workload import Workload


class Announcer(Protocol):
    """Called for workloads that are `registered`. Neither call raises, nor lasts longer than about two seconds, whether
    the registry is there or not: keeping at it (retries, heartbeats) is the implementer's work, in the background."""

    async def announce(self, workload: Workload, instance: str, address: Address) -> None:
        """The instance has started (without a probe that the registry can ask too: is ready), was adopted, or has new
        metadata. May be repeated."""
        ...

    async def withdraw(self, workload: Workload, instance: str) -> None:
        """The instance is about to be stopped, or has ended. When this returns, the gateway has been told to send it
        nothing more, if it could be. May be repeated."""
        ...
