"""A project folder, the real `arena` process, and a scripted daemon on a real socket."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arena.control.server import Server
from arena.control.socket import socket_path
from arena.model.layout import StateLayout
from arena_cli.context import Context, begin
from arena_cli.main import run
from tests.arena_cli.fake import FakeOperator

ARENA_YAML = """\
name: demo
services:
  web:
    command: python -m http.server ${PORT}
    routes: [{path: /web, strip_path: true, roles: [user]}]
  fixed:
    command: python -m http.server 4999
    ports: ["4999:4999"]
"""

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")


@dataclass(frozen=True)
class Result:
    """What one run of `arena` came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Folder:
    """A project's folder, and `arena` run in it."""

    path: Path

    @property
    def layout(self) -> StateLayout:
        return StateLayout.of(self.path, "demo")

    async def start(self, *words: str, stdin: int | None = None, **environment: str) -> asyncio.subprocess.Process:
        """Start `arena` with its output on pipes."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "arena_cli", *words),
            cwd=self.path,
            env={**kept, **environment},
            stdin=asyncio.subprocess.DEVNULL if stdin is None else stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def arena(self, *words: str, code: int | None = 0, stdin: str | None = None, **environment: str) -> Result:
        """Run `arena` to its end and expect this exit code (None: any)."""
        process = await self.start(*words, stdin=None if stdin is None else asyncio.subprocess.PIPE, **environment)
        out, err = await asyncio.wait_for(process.communicate(None if stdin is None else stdin.encode()), 30)
        assert process.returncode is not None
        result = Result(process.returncode, out.decode(), err.decode())
        assert code is None or result.code == code, result
        return result


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "arena.yaml").write_text(ARENA_YAML)
    return Folder(tmp_path)


class Inside:
    """`arena` run inside this process: much quicker, and enough where no daemon and no terminal take part."""

    def __init__(self, folder: Folder, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.capsys = capsys
        self.patch = patch

    def __call__(self, *words: str, code: int | None = 0, stdin: str = "", **environment: str) -> Result:
        for name, value in environment.items():
            self.patch.setenv(name, value)
        self.patch.setattr("sys.stdin", io.StringIO(stdin))
        begin(Context())
        self.capsys.readouterr()
        ended = run(list(words))
        told = self.capsys.readouterr()
        result = Result(ended, told.out, told.err)
        assert code is None or result.code == code, result
        return result


@pytest.fixture
def inside(folder: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Inside]:
    monkeypatch.chdir(folder.path)
    for name in ("ARENA_JWT_SECRET", "ARENA_DEBUG", "CLICOLOR_FORCE", "ARENA_API_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield Inside(folder, capsys, monkeypatch)
    monkeypatch.undo()
    time.tzset()


Serve = Callable[[FakeOperator], FakeOperator]


@pytest.fixture
def serve(folder: Folder) -> Iterator[Serve]:
    """Put an operator on the socket of `folder`'s project, served by a thread, as a daemon would be by a process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers: list[Server] = []

    def start(operator: FakeOperator) -> FakeOperator:
        path = socket_path(folder.layout)
        path.parent.mkdir(parents=True, exist_ok=True)
        servers.append(Server(operator, path))
        asyncio.run_coroutine_threadsafe(servers[-1].start(), loop).result(10)
        return operator

    yield start
    for server in servers:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def daemon(serve: Serve) -> FakeOperator:
    """The scripted operator with its default answers."""
    return serve(FakeOperator())
