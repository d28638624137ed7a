from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from arena.control.client import connect
from arena.control.messages import UpRequest
from arena.daemon import launch
from arena.errors import ArenaError, NothingRunning, PortTaken
from arena.model.layout import StateLayout
from arena.model.project import GatewaySettings, Project, RegistrySettings
from arena.model.service import Service
from tests.ports import free_port


@pytest.fixture
async def layout(tmp_path: Path) -> AsyncIterator[StateLayout]:
    layout = StateLayout.of(tmp_path, "demo")
    yield layout
    with contextlib.suppress(NothingRunning):
        async with connect(layout) as arena:
            await arena.down(0.0, False, print)
    for daemon in launch._started:
        daemon.wait(timeout=10)


async def daemon_pid(layout: StateLayout) -> int:
    async with connect(layout) as arena:
        return (await arena.info()).pid


async def test_a_race_of_launches_makes_one_daemon(layout: StateLayout) -> None:
    await asyncio.gather(*(launch.ensure(layout, layout.root.parent.parent) for _ in range(4)))
    pid = await daemon_pid(layout)
    await launch.ensure(layout, layout.root.parent.parent)
    assert await daemon_pid(layout) == pid


async def test_the_state_folder_stays_out_of_git(layout: StateLayout) -> None:
    launch.prepare(layout)
    assert (layout.root.parent / ".gitignore").read_text() == "*\n"


async def test_a_file_where_the_state_folder_should_be_is_no_bug_of_ours(tmp_path: Path) -> None:
    (tmp_path / ".arena").touch()
    with pytest.raises(ArenaError, match="cannot be made"):
        launch.prepare(StateLayout.of(tmp_path, "demo"))


async def test_a_daemon_that_cannot_start_says_why(layout: StateLayout) -> None:
    launch.prepare(layout)
    layout.instances.mkdir()  # where a file should be
    with pytest.raises(ArenaError, match="could not be started") as caught:
        await launch.ensure(layout, layout.root.parent.parent)
    assert str(layout.daemon_log) in caught.value.hint and "instances.json" in caught.value.detail


async def test_there_is_nothing_to_recover_where_nothing_ran(layout: StateLayout) -> None:
    assert not await launch.recover(layout)


async def test_a_killed_daemon_is_followed_by_one_that_adopts(layout: StateLayout) -> None:
    directory = str(layout.root.parent.parent)
    project = Project(
        "demo", directory, gateway=GatewaySettings(port=free_port()), registry=RegistrySettings(port=free_port()),
        services=(Service("nap", ("sleep", "600"), directory=directory),),
    )  # fmt: skip
    await launch.ensure(layout, directory)
    async with connect(layout) as arena:
        await arena.up(UpRequest(project, ("nap",)), print)
        before = {row.instance: row.pid for row in await arena.rows(True)}
        pid = (await arena.info()).pid
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)], timeout=10)
    assert await launch.recover(layout)
    async with connect(layout) as arena:
        assert {row.instance: row.pid for row in await arena.rows(True)} == before


async def test_preview_says_that_a_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        project = Project("demo", str(tmp_path), services=(Service("web", ("run",), port=port),))
        with pytest.raises(PortTaken, match=f"port {port}, which web needs"):
            await launch.preview(_apart(project), [])


def _apart(project: Project) -> Project:
    """The project with components at ports that are free here."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        gateway, registry = (each.getsockname()[1] for each in (one, two))
    return replace(project, gateway=GatewaySettings(port=gateway), registry=RegistrySettings(port=registry))


async def test_preview_plans_without_starting(tmp_path: Path) -> None:
    project = _apart(Project("demo", str(tmp_path), services=(Service("web", ("run",)), Service("other", ("run",)))))
    plan = await launch.preview(project, ["web"])
    assert [step.instance for step in plan.steps] == ["registry-1", "gateway-1", "web-1"]
    assert not (tmp_path / ".arena").exists()
