"""An operator that remembers what it was asked, served on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from arena.control.client import Client, connect
from arena.control.messages import DaemonInfo, DownReport, HealthRow, UpReport, UpRequest
from arena.control.operator import Listener
from arena.control.server import Server
from arena.control.socket import socket_path
from arena.errors import WaitTimeout
from arena.model.breaker import BreakerPlace, BreakerRow
from arena.model.cache import Purge, PurgeRow
from arena.model.event import Event
from arena.model.instance import InstanceRow
from arena.model.layout import StateLayout
from arena.model.logline import LogLine, LogQuery
from arena.model.plan import Plan, Step


@dataclass
class RecordingOperator:
    """Answers every call; `asked` keeps the arguments; `cancelled` is set when a caller hung up."""

    asked: list[Any] = field(default_factory=list)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def info(self) -> DaemonInfo:
        return DaemonInfo(1, "0", "demo", "/p", 0.0)

    async def up(self, request: UpRequest, on_event: Listener) -> UpReport:
        self.asked.append(request)
        on_event(Event(1.0, "started", "web", "web-1"))
        on_event(Event(2.0, "healthy", "web", "web-1"))
        return UpReport(Plan((Step("start", "web", "web-1", "not running"),)), (), 1.0)

    async def down(self, grace: float | None, volumes: bool, on_event: Listener) -> DownReport:
        self.asked.append((grace, volumes))
        return DownReport(("web-1",))

    async def restart(self, services: tuple[str, ...], grace: float | None, on_event: Listener) -> UpReport:
        raise RuntimeError("a bug")

    async def wait(self, service: str, status: str, timeout: float, on_event: Listener) -> None:
        if service == "never":
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.set()
        raise WaitTimeout("web-1 is not healthy", hint="look at its log", detail="line")

    async def rows(self, everything: bool) -> tuple[InstanceRow, ...]:
        return (InstanceRow("web", "service", "web-1", "running", "healthy", 7, "", 0, 1.0, 0.5, 10, "process"),)

    async def health(self) -> tuple[HealthRow, ...]:
        return ()

    async def breakers(self) -> tuple[BreakerRow, ...]:
        return ()

    async def trip(self, place: BreakerPlace, seconds: float | None) -> tuple[BreakerRow, ...]:
        self.asked.append((place, seconds))
        return (BreakerRow("", place.service, "tripped", 0, 0.0, seconds, place.route, place.instance),)

    async def reset(self, place: BreakerPlace) -> tuple[BreakerRow, ...]:
        self.asked.append(place)
        return ()

    async def purge(self, what: Purge) -> tuple[PurgeRow, ...]:
        self.asked.append(what)
        return (PurgeRow("gateway-1", 2),)

    async def logs(self, query: LogQuery) -> AsyncGenerator[LogLine, None]:
        yield LogLine(1.0, "web", "web-1", "hello")
        yield LogLine(2.0, "web", "web-1", "x" * 200_000)
        if query.follow:
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.set()


@pytest.fixture
def layout(tmp_path: Path) -> StateLayout:
    layout = StateLayout.of(tmp_path, "demo")
    layout.root.mkdir(parents=True)
    return layout


@pytest.fixture
async def operator(layout: StateLayout) -> AsyncIterator[RecordingOperator]:
    operator = RecordingOperator()
    server = Server(operator, socket_path(layout))
    await server.start()
    yield operator
    await server.close()


@pytest.fixture
async def client(layout: StateLayout, operator: RecordingOperator) -> AsyncIterator[Client]:
    async with contextlib.AsyncExitStack() as stack:
        yield await stack.enter_async_context(connect(layout))
