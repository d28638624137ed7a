"""A scripted Operator behind a real control socket: what a daemon would say, without one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from arena.control.messages import DaemonInfo, DownReport, HealthRow, PartReport, UpReport, UpRequest
from arena.control.operator import Listener
from arena.errors import ArenaError
from arena.model.breaker import BreakerPlace, BreakerRow
from arena.model.cache import Purge, PurgeRow
from arena.model.event import Event, EventName
from arena.model.instance import InstanceRow
from arena.model.logline import LogLine, LogQuery
from arena.model.plan import Plan, Step

ROWS = (
    InstanceRow(
        "registry", "registry", "registry-1", "running", "healthy",
        4100, "127.0.0.1:8500", 0, 130.0, 0.3, 61_000_000, "process",
    ),
    InstanceRow(
        "gateway", "gateway", "gateway-1", "running", "healthy",
        4101, "127.0.0.1:8000", 0, 129.0, 1.2, 48_000_000, "process",
    ),
    InstanceRow(
        "ai_service", "service", "ai_service-1", "running", "healthy",
        4107, "127.0.0.1:41231", 1, 12.0, 142.0, 210_000_000, "process",
    ),
    InstanceRow(
        "ai_service", "service", "ai_service-2", "running", "unhealthy",
        4108, "127.0.0.1:41232", 0, 128.0, 0.0, 209_000_000, "process",
    ),
    InstanceRow(
        "outside", "service", "outside-1", "external", "healthy",
        None, "10.0.0.7:9101", 0, None, None, None, "external",
    ),
)  # fmt: skip

HEALTH = (
    HealthRow("gateway", "gateway-1", "running", "healthy", "127.0.0.1:8000", "", 1_700_000_000.0),
    HealthRow("web", "web-1", "running", "unhealthy", "127.0.0.1:4000", "GET /health: refused", 1_700_000_000.0),
)

BREAKERS = (
    *(
        BreakerRow(
            f"gateway-{worker}", "web", state, opened, 1.5 * opened, None,
            instance=name, url=f"http://127.0.0.1:400{opened}", health="passing",
        )
        for worker in (1, 2)
        for name, state, opened in (("web-1", "open", 1), ("web-2", "closed", 0))
    ),
    BreakerRow("gateway-1", "web", "closed", 0, 0.0, None, route="all"),
)  # fmt: skip

_ANSWERED = '{"level": "info", "message": "answered", "status": 200}'
LINES = (
    LogLine(1_700_000_000.25, "gateway", "gateway-1", _ANSWERED, "info", "answered", "t1", "r1"),
    LogLine(1_700_000_001.0, "web", "web-1", "plain words", "", "plain words"),
)

Script = tuple[tuple[float, EventName, str, str], ...]

STARTING: Script = (
    (0.0, "planned", "registry-1", "not running"),
    (0.0, "planned", "gateway-1", "not running"),
    (0.0, "planned", "ai_service-1", "not running"),
    (0.0, "started", "registry-1", ""),
    (0.0, "healthy", "registry-1", ""),
    (0.0, "started", "gateway-1", ""),
    (0.0, "waited", "ai_service-1", "until gateway is healthy"),
    (0.0, "healthy", "gateway-1", ""),
    (0.0, "started", "ai_service-1", ""),
    (0.0, "healthy", "ai_service-1", ""),
)


@dataclass
class FakeOperator:
    """Answers as its fields say, and remembers in `calls` what it was asked. `error` is raised by every call that
    changes something; `hold` keeps following logs open, and `chatty` repeats the last line in them."""

    script: Script = STARTING
    error: ArenaError | None = None
    rows_now: tuple[InstanceRow, ...] = ROWS
    health_now: tuple[HealthRow, ...] = HEALTH
    breakers_now: tuple[BreakerRow, ...] = BREAKERS
    lines: tuple[LogLine, ...] = LINES
    hold: bool = True
    chatty: bool = False
    stop_takes: float = 0.0
    on_down: Callable[[], None] = bool
    calls: list[tuple[str, object]] = field(default_factory=list)

    async def info(self) -> DaemonInfo:
        return DaemonInfo(1, "0.1.0", "demo", "/", 0.0)

    async def up(self, request: UpRequest, on_event: Listener) -> UpReport:
        self.calls.append(("up", request))
        if request.dry_run:
            return UpReport(Plan((Step("start", "web", "web-1", "not running"),)), (), 0.0)
        await self._play(on_event)
        parts = tuple(
            PartReport(row.service, row.instance, row.status, row.health, 1.5, row.endpoint) for row in self.rows_now
        )
        return UpReport(Plan((Step("start", "web", "web-1", "not running"),)), parts, 2.25)

    async def down(self, grace: float | None, volumes: bool, on_event: Listener) -> DownReport:
        self.calls.append(("down", (grace, volumes)))
        now = time.time()
        on_event(Event(now, "stopping", "web", "web-1"))
        if grace != 0.0:
            await asyncio.sleep(self.stop_takes)
        on_event(Event(now, "stopped", "web", "web-1"))
        self.on_down()
        return DownReport(("web-1", "gateway-1"), (), 0.5)

    async def restart(self, services: tuple[str, ...], grace: float | None, on_event: Listener) -> UpReport:
        self.calls.append(("restart", (services, grace)))
        await self._play(on_event)
        return UpReport(Plan(), (PartReport("web", "web-1", "running", "healthy", 0.25, "127.0.0.1:4000"),), 0.3)

    async def wait(self, service: str, status: str, timeout: float, on_event: Listener) -> None:
        self.calls.append(("wait", (service, status, timeout)))
        await self._play(on_event)

    async def rows(self, everything: bool) -> tuple[InstanceRow, ...]:
        self.calls.append(("rows", everything))
        return self.rows_now

    async def health(self) -> tuple[HealthRow, ...]:
        return self.health_now

    async def breakers(self) -> tuple[BreakerRow, ...]:
        return self.breakers_now

    async def trip(self, place: BreakerPlace, seconds: float | None) -> tuple[BreakerRow, ...]:
        self.calls.append(("trip", (place, seconds)))
        if self.error is not None:
            raise self.error
        return self.breakers_now

    async def reset(self, place: BreakerPlace) -> tuple[BreakerRow, ...]:
        self.calls.append(("reset", place))
        return self.breakers_now

    async def purge(self, what: Purge) -> tuple[PurgeRow, ...]:
        self.calls.append(("purge", what))
        if self.error is not None:
            raise self.error
        return (PurgeRow("gateway-1", 3), PurgeRow("gateway-2", 4))

    async def logs(self, query: LogQuery) -> AsyncIterator[LogLine]:
        self.calls.append(("logs", query))
        for line in self.lines:
            yield line
        while query.follow and self.chatty:
            await asyncio.sleep(0.02)
            yield self.lines[-1]
        if query.follow and self.hold:
            await asyncio.Event().wait()

    async def _play(self, on_event: Listener) -> None:
        for pause, name, instance, detail in self.script:
            await asyncio.sleep(pause)
            on_event(Event(time.time(), name, instance.rpartition("-")[0], instance, detail))
        if self.error is not None:
            raise self.error
