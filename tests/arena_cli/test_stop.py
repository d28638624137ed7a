from __future__ import annotations

from arena_cli.context import Context
from arena_cli.selection import Selection
from arena_cli.stop import stop
from tests.arena_cli.conftest import Folder
from tests.arena_cli.fake import FakeOperator


def context(folder: Folder) -> Context:
    return Context(Selection(directory=str(folder.path)))


async def test_a_running_project_is_stopped(daemon: FakeOperator, folder: Folder) -> None:
    report = await stop(context(folder), 2.0, True)
    assert report is not None and report.stopped == ("web-1", "gateway-1")
    assert daemon.calls == [("down", (2.0, True))]


async def test_nothing_to_stop(folder: Folder) -> None:
    assert await stop(context(folder), None, False) is None
    assert await stop(context(folder), None, True) is None
    assert not (folder.path / ".arena").exists()


async def test_state_left_behind_is_deleted_with_volumes(folder: Folder) -> None:
    layout = folder.layout
    layout.logs.mkdir(parents=True)
    (layout.logs / "web-1.log").write_text("old")
    layout.secrets.mkdir()
    layout.token_keys.write_text("kept")
    assert await stop(context(folder), None, False) is None
    assert (layout.logs / "web-1.log").exists()
    assert await stop(context(folder), None, True) is not None
    assert not (layout.logs / "web-1.log").exists() and layout.token_keys.read_text() == "kept"


async def test_a_project_without_its_file_is_stopped_and_forgotten(daemon: FakeOperator, folder: Folder) -> None:
    folder.layout.desired.write_text("{}")
    (folder.path / "arena.yaml").unlink()
    daemon.on_down = folder.layout.desired.unlink  # as the real one does
    report = await stop(context(folder), None, False)
    assert report is not None and report.stopped == ("web-1", "gateway-1")
