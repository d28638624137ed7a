"""One question of the supervisor's to one of its instances, and what an answer means to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from arena.health import probe as health_probe
from arena.health.probe import ProbeResult
from arena.model.address import Address
from arena.model.instance import Health
from arena.model.service import Probe
from arena.policy.threshold import State

if TYPE_CHECKING:
    import httpx

HEALTH: dict[State, Health] = {"starting": "starting", "in": "healthy", "out": "unhealthy"}


class Ask(Protocol):
    """One question to one instance. `arena.testing.FakeBackend` has another implementation."""

    async def __call__(
        self, probe: Probe, address: Address | None, *, environment: Mapping[str, str] | None, directory: str
    ) -> ProbeResult: ...


class Prober:
    """Asks for real. One HTTP client serves all, made when first needed: making one costs tens of milliseconds."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def __call__(
        self, probe: Probe, address: Address | None, *, environment: Mapping[str, str] | None, directory: str
    ) -> ProbeResult:
        if probe.http and self._client is None:
            from arena.health import http

            self._client = http.open_client()
        return await health_probe.ask(probe, address, environment=environment, directory=directory, client=self._client)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
