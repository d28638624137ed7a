from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from arena.errors import ArenaError, AuthError, ConfigError, PartFailed, UsageError, WaitTimeout
from tests.arena_cli.conftest import Folder, Inside, Serve
from tests.arena_cli.fake import FakeOperator

HEAVY = (
    "pydantic",
    "httpx",
    "yaml",
    "fastapi",
    "uvicorn",
    "jwt",
    "psutil",
    "rich",
    "asyncio",
    "arena.gateway",
    "arena.supervisor",
)


def test_help_names_every_command_and_exits_0(inside: Inside) -> None:
    told = inside("--help")
    for name in ("up", "down", "ps", "logs", "health", "token", "doctor", "--project-name", "--ansi"):
        assert name in told.out
    assert told.err == ""
    assert inside().out == told.out
    assert inside("-h").out == told.out


def test_help_imports_nothing_heavy_and_no_command() -> None:
    words = [sys.executable, "-X", "importtime", "-m", "arena_cli", "--help"]
    told = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stderr
    imported = {line.rpartition("|")[2].strip() for line in told.splitlines()}
    assert "arena_cli.main" in imported
    assert not imported.intersection(HEAVY)
    assert not [name for name in imported if name.startswith(("arena_cli.commands.", "arena_cli.render"))]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ArenaError("it broke", hint="mend it", detail="evidence"), 1),
        (UsageError("it broke", hint="mend it", detail="evidence"), 2),
        (ConfigError("it broke", hint="mend it", detail="evidence"), 3),
        (AuthError("it broke", hint="mend it", detail="evidence"), 4),
        (WaitTimeout("it broke", hint="mend it", detail="evidence"), 17),
        (PartFailed("it broke", hint="mend it", detail="evidence"), 18),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_of_the_daemon_has_its_exit_code(
    serve: Serve, inside: Inside, error: ArenaError, code: int
) -> None:
    serve(FakeOperator(script=(), error=error))
    told = inside("restart", code=code)
    assert told.out == ""
    assert told.err == "error: it broke\n\n  evidence\n\nhint: mend it\n"


def test_nothing_running_is_7_and_says_what_to_do(inside: Inside) -> None:
    for words in (["health"], ["restart"], ["logs"], ["wait", "web"]):
        assert "arena up" in (inside(*words, code=7)).err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["upp"], "Did you mean 'up'"),
        (["ps", "--al"], "--al"),
        (["ps", "-o", "xml"], "'table', 'json'"),
        (["wait"], "SERVICE"),
        (["up", "--wait-timeout", "soon"], "not a duration"),
        (["logs", "-n", "-1"], "--tail"),
        (["--ansi", "sometimes", "ps"], "sometimes"),
        (["token", "isue"], "Did you mean 'issue'"),
        (["-f"], "-f"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_2(inside: Inside, words: list[str], told: str) -> None:
    result = inside(*words, code=2)
    assert result.out == "" and told in result.err and "Traceback" not in result.err


def test_a_broken_file_is_3_with_its_place(inside: Inside) -> None:
    (inside.folder.path / "arena.yaml").write_text("name: demo\nservices:\n  web:\n    comand: x\n")
    told = inside("up", "--dry-run", code=3)
    assert "arena.yaml:4:5 services.web.comand" in told.err and "^" in told.err and "did you mean" in told.err


def test_errors_are_json_for_programs(inside: Inside) -> None:
    told = inside("health", "-o", "json", code=7)
    assert told.out == ""
    assert json.loads(told.err)["error"]["code"] == "nothing-running"


async def test_an_unforeseen_exception_is_called_a_bug(folder: Folder) -> None:
    (folder.path / "sitecustomize.py").write_text("import arena_cli.commands.version as v\nv.current_context = None\n")
    environment = {"PYTHONPATH": str(folder.path)}
    short = await folder.arena("version", code=1, **environment)
    assert "this is a bug in Arena: TypeError" in short.err and "Traceback" not in short.err
    full = await folder.arena("version", code=1, ARENA_DEBUG="1", **environment)
    assert "Traceback (most recent call last)" in full.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_a_command_with_its_code_and_no_noise(
    daemon: FakeOperator, folder: Folder, number: signal.Signals
) -> None:
    process = await folder.start("logs", "-f")
    assert process.stdout is not None
    await process.stdout.readline()
    process.send_signal(number)
    _, err = await process.communicate()
    assert process.returncode == 128 + number and err == b""


async def test_a_reader_that_leaves_is_not_an_error(serve: Serve, folder: Folder) -> None:
    operator = FakeOperator(hold=False)
    operator.lines = operator.lines * 20_000
    serve(operator)
    process = await folder.start("logs")
    assert process.stdout is not None
    await process.stdout.readline()
    process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]  # as `head` would
    assert await process.wait() == 141
    assert process.stderr is not None and await process.stderr.read() == b""


def test_version_is_an_option_too(inside: Inside) -> None:
    assert (inside("--version")).out == (inside("version")).out


async def test_an_ascii_stream_shows_a_question_mark_and_no_crash(daemon: FakeOperator, folder: Folder) -> None:
    told = await folder.arena("up", "-d", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert " ? gateway-1" in told.out


def test_the_installed_command_is_this_program() -> None:
    script = Path(sys.executable).with_name("arena")
    told = subprocess.run([script, "version"], capture_output=True, text=True, check=True, env=os.environ, timeout=30)
    assert told.stdout.startswith("arena ")
