"""The operator's calls on a real supervisor with real processes, without the CLI between."""

from __future__ import annotations

import asyncio
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from arena.control.messages import UpRequest
from arena.daemon.operator import DaemonOperator, instance_names
from arena.errors import ArenaError, PartFailed, PortTaken, UsageError, WaitTimeout
from arena.model.address import Address
from arena.model.event import Event
from arena.model.logline import LogQuery
from arena.model.project import GatewaySettings, Project, RegistrySettings
from arena.model.service import Probe, Restart, Service
from arena.model.workload import Workload
from tests.ports import free_port

ECHO = Path(__file__).parents[1] / "e2e" / "echo_service.py"
NAP = Service("nap", ("sleep", "600"), directory="/")
TALK = Service("talk", ("sh", "-c", "echo hello; exec sleep 600"), directory="/")
OUTSIDE = Service("out", urls=(Address("127.0.0.1", 9),), probe=Probe("/", interval=0.2, retries=1))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    gateway, registry = GatewaySettings(port=free_port()), RegistrySettings(port=free_port())
    return Project("demo", str(tmp_path), gateway=gateway, registry=registry, services=(NAP, TALK))


async def test_up_reports_plan_parts_and_events(operator: DaemonOperator, project: Project) -> None:
    seen: list[Event] = []
    report = await operator.up(UpRequest(project), seen.append)
    assert {part.instance for part in report.parts} == {"registry-1", "gateway-1", "nap-1", "talk-1"}
    assert all(part.seconds is not None for part in report.parts)
    assert {event.instance for event in seen if event.name == "planned"} == {part.instance for part in report.parts}
    again = await operator.up(UpRequest(project), seen.append)
    assert again.plan.steps == ()
    lines = [line async for line in operator.logs(LogQuery(services=("talk",)))]
    assert [line.text for line in lines] == ["hello"]
    health = {row.instance: row.health for row in await operator.health()}
    assert health == {"registry-1": "healthy", "gateway-1": "healthy", "nap-1": "none", "talk-1": "none"}
    restarted = await operator.restart(("nap",), 0.0, seen.append)
    assert [part.instance for part in restarted.parts] == ["nap-1"]


async def test_a_dry_run_touches_nothing(operator: DaemonOperator, project: Project) -> None:
    report = await operator.up(UpRequest(project, dry_run=True), print)
    assert len(report.plan.steps) == 4
    assert await operator.rows(True) == ()


async def test_what_runs_elsewhere_is_shown_with_the_registrys_word(operator: DaemonOperator, project: Project) -> None:
    await operator.up(UpRequest(replace(project, services=(OUTSIDE,))), print)
    rows = {row.instance: row for row in await operator.rows(False)}
    assert (rows["out-1"].status, rows["out-1"].runtime, rows["out-1"].pid) == ("external", "external", None)
    seen = {row.instance: row for row in await operator.health()}
    assert seen["out-1"].status == "external"


async def test_unknown_names_are_usage_errors_with_a_suggestion(operator: DaemonOperator, project: Project) -> None:
    await operator.up(UpRequest(project, ("nap",)), print)
    with pytest.raises(UsageError) as caught:
        await operator.wait("knap", "healthy", 1.0, print)
    assert "did you mean 'nap'" in caught.value.hint
    with pytest.raises(UsageError):
        await operator.restart(("knap",), None, print)
    with pytest.raises(UsageError):
        _ = [line async for line in operator.logs(LogQuery(services=("knap",)))]


async def test_wait_tells_failure_from_slowness(operator: DaemonOperator, project: Project) -> None:
    with pytest.raises(PartFailed, match="bad-1"):
        bad = Service("bad", ("sh", "-c", "echo last words; exit 3"), directory="/", restart=Restart("no"))
        await operator.up(UpRequest(replace(project, services=(*project.services, bad))), print)
    with pytest.raises(PartFailed, match="exit code 3") as caught:
        await operator.wait("bad", "healthy", 5.0, print)
    assert caught.value.detail == "last words"
    with pytest.raises(UsageError, match="nap has no healthcheck"):
        await operator.wait("nap", "healthy", 5.0, print)
    with pytest.raises(WaitTimeout, match="nap-1 is running"):
        await operator.wait("nap", "completed", 0.1, print)
    await operator.wait("nap", "running", 5.0, print)


async def test_an_up_that_starts_nothing_ends_the_daemon(operator: DaemonOperator, project: Project) -> None:
    with (
        socket.create_server(("127.0.0.1", project.gateway.port)),
        pytest.raises(PortTaken, match=str(project.gateway.port)),
    ):
        await operator.up(UpRequest(project), print)
    assert operator.finished.is_set() and await operator.rows(True) == ()


async def test_an_up_that_comes_in_the_middle_of_a_down_wins(operator: DaemonOperator, project: Project) -> None:
    stubborn = "trap '' TERM; echo deaf; while :; do sleep 1; done"
    deaf = Service("deaf", ("sh", "-c", stubborn), directory="/", stop_grace_period=1.0)
    await operator.up(UpRequest(replace(project, services=(deaf,))), print)
    stopping = asyncio.Event()
    down = asyncio.ensure_future(operator.down(None, False, lambda event: stopping.set()))
    await stopping.wait()
    report = await operator.up(UpRequest(project), print)
    with pytest.raises(ArenaError, match="another command took over"):
        await down
    assert {part.instance: part.health for part in report.parts}["gateway-1"] == "healthy"
    assert not operator.finished.is_set()
    await operator.down(0.0, False, lambda _: None)
    assert operator.finished.is_set()
    with pytest.raises(ArenaError, match="about to end"):
        await operator.up(UpRequest(project), print)


async def test_a_daemon_that_was_told_to_end_takes_nothing_new(operator: DaemonOperator, project: Project) -> None:
    await operator.up(UpRequest(replace(project, services=(NAP,))), print)
    operator.leave()
    with pytest.raises(ArenaError, match="about to end"):
        await operator.up(UpRequest(project), print)
    await operator.finished.wait()


def test_instance_names() -> None:
    web = Workload("web", "service", ("run",), "/", replicas=2)
    assert instance_names([web]) == ["web-1", "web-2"]


async def test_health_says_who_answers_strangers_although_allow_from_is_set(
    operator: DaemonOperator, project: Project, tmp_path: Path
) -> None:
    echo = (sys.executable, str(ECHO))
    probe = Probe("/health", interval=0.2)
    plain = Service("plain", echo, directory=str(tmp_path), probe=probe, allow_from=())
    free = Service("free", echo, directory=str(tmp_path), probe=probe)
    await operator.up(UpRequest(replace(project, services=(plain, free))), print)
    seen = {row.instance: row for row in await operator.health()}
    assert seen["plain-1"].health == "healthy"
    assert "allow_from is not enforced: a caller without a token was answered 200" in seen["plain-1"].detail
    assert "allow_from" not in seen["free-1"].detail
