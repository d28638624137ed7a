from __future__ import annotations

import asyncio
import re
import time

import pytest

from arena.errors import PartFailed
from arena.model.event import Event
from arena_cli import progress
from arena_cli.context import Context
from tests.arena_cli.conftest import Folder, Serve
from tests.arena_cli.fake import STARTING, FakeOperator
from tests.arena_cli.terminal import Terminal

SLOW = tuple((0.15, *step[1:]) for step in STARTING)


async def test_a_silent_wait_names_what_it_waits_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "FIRST_REMINDER", 0.0)
    monkeypatch.setattr(progress, "NEXT_REMINDER", 0.0)
    told = ""
    with progress.watching(Context()) as listen:
        listen(Event(time.time(), "started", "web", "web-1"))
        async with asyncio.timeout(10):
            while told.count("waiting for") < 2:
                await asyncio.sleep(0)
                told += capsys.readouterr().err
    assert told.startswith("web-1 starting\nwaiting for web-1 (starting, 0.0 s)\n")


async def test_a_terminal_sees_lines_redrawn_and_then_the_result(serve: Serve, folder: Folder) -> None:
    serve(FakeOperator(script=SLOW))
    terminal = await Terminal.start(folder.path, "up", "-d")
    assert await terminal.end() == 0
    assert "waiting" in terminal.plain and "until gateway is healthy" in terminal.plain
    assert "\x1b[1A" in terminal.screen  # the cursor went up: redrawn in place
    assert "\x1b[32m" in terminal.screen and "\x1b[?25h" in terminal.screen  # colour; the cursor is back
    assert "demo is up" in terminal.plain
    assert re.search(r"curl -sS http://localhost:8000/web \\\n  -H 'Authorization: Bearer [\w.-]+'\n", terminal.plain)


async def test_a_failure_leaves_the_last_state_on_the_screen(serve: Serve, folder: Folder) -> None:
    script = (*SLOW[:-1], (0.1, "gave_up", "ai_service-1", "exit code 3"))
    serve(FakeOperator(script=script, error=PartFailed("ai_service-1 failed")))
    terminal = await Terminal.start(folder.path, "up", "-d")
    assert await terminal.end() == 18
    last = terminal.plain[terminal.plain.rindex("✓ registry-1") :]
    assert "✗ ai_service-1  failed" in last and "exit code 3" in last and "error: ai_service-1 failed" in last


async def test_no_color_and_ansi_never(serve: Serve, folder: Folder) -> None:
    serve(FakeOperator())
    plain = await Terminal.start(folder.path, "up", "-d", NO_COLOR="1")
    assert await plain.end() == 0
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain.screen)
    never = await Terminal.start(folder.path, "--ansi", "never", "up", "-d")
    assert await never.end() == 0
    assert "\x1b" not in never.screen and "ai_service-1 healthy" in never.screen
