"""A project of its own for each test, driven only by the words a person would type."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from arena.control.client import connect
from arena.errors import NothingRunning
from arena.model.layout import StateLayout
from arena_cli.render import row
from tests.ports import free_port

ECHO = Path(__file__).parent / "echo_service.py"
SECRET = "a secret for tests that is long enough to be one"


@dataclass
class Sandbox:
    """A folder with an arena.yaml, the ports it uses, and the `arena` command."""

    directory: Path
    port: int
    registry_port: int
    environment: dict[str, str] = field(default_factory=dict)
    name: str = "demo"

    def write(self, services: str, gateway: str = "", name: str = "demo") -> None:
        """Write arena.yaml; `services` and `gateway` are blocks of YAML, indented by two spaces."""
        self.name = name
        head = f"name: {name}\ngateway:\n  port: {self.port}\n{gateway}\nregistry:\n  port: {self.registry_port}\n"
        (self.directory / "arena.yaml").write_text(f"{head}services:\n{services}\n")

    def arena(self, *words: str, code: int | None = 0, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run `arena` with these words and expect this exit code (None: any)."""
        result = subprocess.run(
            [sys.executable, "-m", "arena_cli", *words],
            cwd=self.directory, env=self._environment(), capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip
        if code is not None:
            assert result.returncode == code, f"exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    def json(self, *words: str, code: int | None = 0) -> Any:
        return json.loads(self.arena(*words, "-o", "json", code=code).stdout)

    def rows(self) -> dict[str, dict[str, Any]]:
        """The rows of `arena ps -a`, by instance. They are asked for often, so without a process where a daemon answers."""
        try:
            told = asyncio.run(self._rows())
        except NothingRunning:
            return {each["instance"]: each for each in self.json("ps", "-a")}
        return {each["instance"]: each for each in json.loads(told)}

    async def _rows(self) -> str:
        async with connect(StateLayout.of(self.directory, self.name)) as daemon:
            return row.as_json(await daemon.rows(True))

    def token(self, *words: str) -> str:
        return self.arena("token", "issue", *(words or ("--sub", "ana", "--role", "user"))).stdout.strip()

    def client(self, *words: str) -> httpx.Client:
        """An HTTP client of the gateway with a fresh token."""
        headers = {"authorization": f"Bearer {self.token(*words)}"}
        base = f"http://127.0.0.1:{self.port}"
        return httpx.Client(base_url=base, headers=headers, timeout=20, verify=False)  # plain HTTP: see tests.plain

    def daemon_pid(self, name: str = "demo") -> int:
        """The pid of this project's daemon, found by its command line."""
        root = str(self.directory / ".arena" / name)
        (pid,) = [p.pid for p in psutil.process_iter(["cmdline"]) if _is_daemon(p.info["cmdline"] or [], root)]
        return pid

    def processes(self) -> list[psutil.Process]:
        """Every process that belongs to this folder's projects, the daemons too."""
        return [process for process in psutil.process_iter() if self._ours(process)]

    def _ours(self, process: psutil.Process) -> bool:
        try:
            facts = [*process.cmdline(), process.environ().get("ARENA_PROJECT_ID", "")]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False
        return process.pid != os.getpid() and any(str(self.directory) in fact for fact in facts)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "NO_COLOR": "1", "COLUMNS": "120", **self.environment}


def _is_daemon(words: list[str], root: str) -> bool:
    return "arena.daemon" in words and root in words


def poll(ask: Callable[[], Any], good: Callable[[Any], bool], patience: float = 10.0) -> Any:
    deadline = time.monotonic() + patience
    while True:
        answer = ask()
        if good(answer) or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    (tmp_path / "echo_service.py").write_text(ECHO.read_text())
    sandbox = Sandbox(tmp_path, free_port(), free_port())
    yield sandbox
    sandbox.arena("down", "-t", "2", code=None)
    left = sandbox.processes()
    for process in left:
        process.kill()
    assert not left, f"left running: {[process.cmdline() for process in left]}"
