from __future__ import annotations

from pathlib import Path

from arena.control.messages import DaemonInfo
from arena.model.layout import StateLayout
from arena_cli.checkup import project
from arena_cli.context import Context
from arena_cli.selection import Selection
from tests.arena_cli.conftest import Folder
from tests.arena_cli.fake import FakeOperator


def context(folder: Folder) -> Context:
    return Context(Selection(directory=str(folder.path)))


async def verdicts(folder: Folder) -> dict[str, str]:
    return {check.name: check.verdict async for check in project.checks(context(folder))}


def test_a_valid_file(folder: Folder) -> None:
    found, check = project.config(context(folder))
    assert found is not None and check.verdict == "ok" and "web, fixed" in check.detail


async def test_a_broken_file_leaves_its_ports_unchecked(folder: Folder) -> None:
    (folder.path / "arena.yaml").write_text("name: demo\nnonsense: 1\n")
    found = await verdicts(folder)
    assert found["arena.yaml"] == "fail" and found["ports"] == "not_checked" and found["daemon"] == "ok"


async def test_no_file_at_all(tmp_path: Path) -> None:
    found = await verdicts(Folder(tmp_path))
    assert found == {"arena.yaml": "fail", "state": "not_checked"}


def test_what_others_may_read_fails_with_the_command_that_mends_it(tmp_path: Path) -> None:
    layout = StateLayout.of(tmp_path, "demo")
    assert project.state(layout).verdict == "not_checked"
    layout.secrets.mkdir(parents=True)
    layout.root.chmod(0o755)
    layout.token_keys.write_text("secret")
    layout.token_keys.chmod(0o644)
    assert project.state(layout).remedy == f"chmod 700 {layout.root}"
    (secret,) = project.secrets(layout)
    assert secret.verdict == "fail" and secret.remedy == f"chmod 600 {layout.token_keys}"
    layout.root.chmod(0o700)
    layout.token_keys.chmod(0o600)
    assert project.state(layout).verdict == "ok" and next(project.secrets(layout)).verdict == "ok"


def test_daemons(tmp_path: Path) -> None:
    layout = StateLayout.of(tmp_path, "demo")
    assert project.daemon(layout, None).detail == "not running"
    layout.root.mkdir(parents=True)
    layout.instances.write_text('[{"pid": 1}]')
    assert project.daemon(layout, None).verdict == "warn"
    layout.instances.write_text("junk")
    assert project.daemon(layout, None).verdict == "ok"
    old = DaemonInfo(7, "0.0.1", "demo", "/", 0.0)
    assert project.daemon(layout, old).verdict == "warn" and "0.0.1" in project.daemon(layout, old).detail


async def test_a_running_daemon_is_asked_and_not_revived(daemon: FakeOperator, folder: Folder) -> None:
    assert (await verdicts(folder))["daemon"] == "ok"
    assert daemon.calls == [("rows", False)]
