from __future__ import annotations

from arena.errors import WaitTimeout
from tests.arena_cli.conftest import Folder
from tests.arena_cli.fake import FakeOperator


async def test_wait(daemon: FakeOperator, folder: Folder) -> None:
    told = await folder.arena("wait", "web", "--status", "running", "--timeout", "1m")
    assert told.out == "" and "web is running" in told.err
    assert daemon.calls == [("wait", ("web", "running", 60.0))]


async def test_healthy_within_a_minute_is_what_is_meant(daemon: FakeOperator, folder: Folder) -> None:
    await folder.arena("wait", "web")
    assert daemon.calls == [("wait", ("web", "healthy", 60.0))]


async def test_too_late_is_17(daemon: FakeOperator, folder: Folder) -> None:
    daemon.error = WaitTimeout("web-1 is still starting after 60 s")
    assert "web-1 is still starting" in (await folder.arena("wait", "web", code=17)).err


async def test_only_a_status_there_is(daemon: FakeOperator, folder: Folder) -> None:
    assert "healthy" in (await folder.arena("wait", "web", "--status", "happy", code=2)).err
