"""Services that run elsewhere: a real server that is well or not, a real registry that probes it, no CLI between."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from arena.control.messages import UpRequest
from arena.daemon.operator import DaemonOperator
from arena.errors import UsageError, WaitTimeout
from arena.model.address import Address
from arena.model.event import Event
from arena.model.logline import LogQuery
from arena.model.project import GatewaySettings, Project, RegistrySettings
from arena.model.service import Dependency, Probe, Service
from tests.ports import free_port


class Outer:
    """Answers every GET with 200 while it is well, with 503 otherwise."""

    well = False

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %s\r\nconnection: close\r\n\r\n" % (b"200 OK" if self.well else b"503 Unwell"))
        writer.close()


@pytest.fixture
async def outer() -> AsyncIterator[tuple[Outer, Service]]:
    outer = Outer()
    async with await asyncio.start_server(outer.answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        probe = Probe("/health", interval=0.1, retries=1)
        yield outer, Service("out", urls=(Address("127.0.0.1", port),), probe=probe)


@pytest.fixture
def project(tmp_path: Path, outer: tuple[Outer, Service]) -> Project:
    gateway, registry = GatewaySettings(port=free_port()), RegistrySettings(port=free_port())
    blind = Service("blind", urls=(Address("127.0.0.1", 9),))
    return Project("demo", str(tmp_path), gateway=gateway, registry=registry, services=(outer[1], blind))


async def test_up_waits_for_what_it_names_and_wait_for_either_health(
    operator: DaemonOperator, project: Project, outer: tuple[Outer, Service]
) -> None:
    seen: list[Event] = []
    with pytest.raises(WaitTimeout, match=r"out-1 \(unhealthy: the registry's probe says failing\)") as late:
        await operator.up(UpRequest(project, ("out",), wait_timeout=10.0), seen.append)
    told = [event.detail for event in seen if (event.name, event.instance) == ("waited", "out-1")]
    assert told[-1] == "the registry's probe says failing" and len(told) == len(set(told))
    assert "arena health" in late.value.hint
    await operator.wait("out", "unhealthy", 30.0, print)
    with pytest.raises(WaitTimeout, match=r"out is not healthy after 0\.5 s: out-1 \(unhealthy: "):
        await operator.wait("out", "healthy", 0.5, print)
    outer[0].well = True
    await operator.wait("out", "healthy", 30.0, print)
    again = await operator.up(UpRequest(project, ("out", "blind")), print)
    parts = {part.instance: (part.status, part.health) for part in again.parts}
    assert parts.keys() == {"registry-1", "gateway-1", "out-1", "blind-1"}
    assert (parts["out-1"], parts["blind-1"]) == (("external", "healthy"), ("external", "none"))


async def test_what_is_for_others_to_do_is_refused(operator: DaemonOperator, project: Project) -> None:
    await operator.up(UpRequest(project), print)
    for refused in (
        operator.restart(("out",), None, print),
        operator.wait("out", "running", 5.0, print),
        operator.wait("blind", "healthy", 5.0, print),
        _read(operator, "out"),
    ):
        with pytest.raises(UsageError, match=r"runs elsewhere|has no healthcheck"):
            await refused
    with pytest.raises(UsageError) as caught:
        await operator.restart(("outt",), None, print)
    assert "did you mean 'out'" in caught.value.hint


async def test_a_service_is_started_when_what_it_needs_elsewhere_is_healthy(
    operator: DaemonOperator, project: Project, outer: tuple[Outer, Service]
) -> None:
    nap = Service("nap", ("sleep", "600"), directory="/", depends_on=(Dependency("out", "service_healthy"),))
    needing = replace(project, services=(*project.services, nap))
    with pytest.raises(WaitTimeout, match=re.escape("nap-1 (pending)")):
        await operator.up(UpRequest(needing, wait_timeout=8.0), print)
    outer[0].well = True
    report = await operator.up(UpRequest(needing, ("nap",)), print)
    assert {part.instance: part.status for part in report.parts}["nap-1"] == "running"


async def _read(operator: DaemonOperator, name: str) -> None:
    async for line in operator.logs(LogQuery(services=(name,))):
        print(line)
