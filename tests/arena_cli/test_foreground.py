from __future__ import annotations

import asyncio
import signal

import pytest

from arena.errors import WaitTimeout
from arena.model.logline import LogQuery
from tests.arena_cli.conftest import Folder, Serve
from tests.arena_cli.fake import FakeOperator
from tests.arena_cli.terminal import Terminal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_logs_follow_and_a_signal_stops_the_project(
    daemon: FakeOperator, folder: Folder, number: signal.Signals
) -> None:
    terminal = await Terminal.start(folder.path, "up", "web")
    await terminal.until("plain words")
    assert "web-1        | plain words" in terminal.plain
    terminal.process.send_signal(number)
    assert await terminal.end() == 128 + number
    assert "stopped 2 instances" in terminal.plain
    assert daemon.calls[-1] == ("down", (None, False))
    (query,) = [what for name, what in daemon.calls if name == "logs"]
    assert isinstance(query, LogQuery) and query.follow and query.services == ("web",) and query.since is not None


async def test_what_runs_elsewhere_has_no_log_to_follow(daemon: FakeOperator, folder: Folder) -> None:
    with (folder.path / "arena.yaml").open("a") as file:
        file.write("  outside:\n    url: http://127.0.0.1:9\n")
    terminal = await Terminal.start(folder.path, "up", "outside", "web")
    await terminal.until("plain words")
    terminal.process.send_signal(signal.SIGTERM)
    await terminal.end()
    (query,) = [what for name, what in daemon.calls if name == "logs"]
    assert isinstance(query, LogQuery) and query.services == ("web",)


@pytest.mark.parametrize("words", [("up",), ("up", "web")])
async def test_a_closed_terminal_stops_the_project_too(
    daemon: FakeOperator, folder: Folder, words: tuple[str, ...]
) -> None:
    terminal = await Terminal.start(folder.path, *words)
    await terminal.until("plain words")
    terminal.close()
    terminal.process.send_signal(signal.SIGHUP)
    assert await asyncio.wait_for(terminal.process.wait(), 15) == 128 + signal.SIGHUP
    assert daemon.calls[-1] == ("down", (None, False))


async def test_a_terminal_found_closed_before_the_signal_comes_is_the_same(serve: Serve, folder: Folder) -> None:
    daemon = serve(FakeOperator(chatty=True))
    terminal = await Terminal.start(folder.path, "up")
    await terminal.until("plain words")
    terminal.close()
    assert await asyncio.wait_for(terminal.process.wait(), 15) == 128 + signal.SIGHUP
    assert daemon.calls[-1] == ("down", (None, False))


async def test_nohup_is_respected(daemon: FakeOperator, folder: Folder) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # inherited by what is started
    try:
        terminal = await Terminal.start(folder.path, "up")
    finally:
        signal.signal(signal.SIGHUP, before)
    await terminal.until("plain words")
    terminal.process.send_signal(signal.SIGHUP)
    terminal.process.send_signal(signal.SIGTERM)
    assert await terminal.end() == 128 + signal.SIGTERM
    assert [name for name, _ in daemon.calls].count("down") == 1


async def test_a_second_ctrl_c_kills_at_once(daemon: FakeOperator, folder: Folder) -> None:
    daemon.stop_takes = 60.0
    terminal = await Terminal.start(folder.path, "up")
    await terminal.until("plain words")
    terminal.process.send_signal(signal.SIGINT)
    await terminal.until("web-1  stopping")
    terminal.process.send_signal(signal.SIGINT)
    assert await terminal.end() == 130
    assert [what for name, what in daemon.calls if name == "down"] == [(None, False), (0.0, False)]


async def test_ctrl_c_while_it_starts_is_a_clean_down_too(daemon: FakeOperator, folder: Folder) -> None:
    daemon.script = (*daemon.script[:4], (60.0, "healthy", "registry-1", ""))
    terminal = await Terminal.start(folder.path, "up")
    await terminal.until("registry-1    starting")
    terminal.process.send_signal(signal.SIGINT)
    assert await terminal.end() == 130
    assert daemon.calls[-1] == ("down", (None, False))


async def test_a_failed_start_leaves_everything_up_to_be_looked_at(daemon: FakeOperator, folder: Folder) -> None:
    daemon.error = WaitTimeout("web-1 is not healthy after 60 s")
    told = await asyncio.wait_for(folder.arena("up", code=17), 20)
    assert "still up: registry-1" in told.err and "arena logs" in told.err
    assert "down" not in [name for name, _ in daemon.calls]


async def test_a_project_stopped_from_elsewhere_ends_it(daemon: FakeOperator, folder: Folder) -> None:
    daemon.hold = False
    assert "stopped from elsewhere" in (await folder.arena("up")).err
