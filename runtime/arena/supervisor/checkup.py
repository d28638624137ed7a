"""Asks an instance how it is, again and again; `policy.threshold` judges."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from arena.clock import Clock
from arena.health import probe as health_probe
from arena.health.probe import ProbeResult
from arena.model.address import Address
from arena.model.instance import Health
from arena.model.service import Probe
from arena.policy.threshold import Standing, State, Threshold

if TYPE_CHECKING:
    import httpx

_STARTING_INTERVAL = 0.2  # while it has never been well: `up` waits for this answer

_HEALTH: dict[State, Health] = {"starting": "starting", "in": "healthy", "out": "unhealthy"}


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


async def examine(
    probe: Probe, ask: Callable[[], Awaitable[ProbeResult]], clock: Clock, report: Callable[[Health, str], None]
) -> None:
    """Ask for ever; `report` each answer as the health it comes to, with what was seen. The start period begins now."""
    threshold = Threshold(probe.retries, probe.successes)
    standing = Standing()
    began = clock.monotonic()
    while True:
        result = await ask()
        forgiving = clock.monotonic() - began < probe.start_period
        standing = threshold.judge(standing, result.ok, start_period=forgiving)
        report(_HEALTH[standing.state], result.detail)
        starting = standing.state == "starting"
        await clock.sleep(min(probe.interval, _STARTING_INTERVAL) if starting and forgiving else probe.interval)
