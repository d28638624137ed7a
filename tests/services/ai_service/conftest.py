"""The service itself, in a process of its own with the real model."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests import plain
from tests.ports import free_port
from tests.served import Served

FOLDER = Path(__file__).resolve().parents[3] / "services" / "ai_service"
# The service's package is found the way uvicorn finds it: by the folder it is started in.
sys.path.insert(0, str(FOLDER))

UVICORN = ("-m", "uvicorn", "main:app", "--host", "127.0.0.1")
# What the service does on a machine where the `ai` extra was not installed.
WITHOUT_EXTRA = (
    "-c",
    "import sys; sys.modules['xllamacpp'] = None; sys.path.insert(0, '.'); import uvicorn; uvicorn.main()",
    "main:app",
)


class Service(Served):
    """A running ai_service."""

    def get(self, path: str) -> httpx.Response:
        return plain.get(self.url + path, timeout=30)

    def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json", **headers}
        return plain.post(self.url + path, content=content, headers=headers, timeout=30)

    def metric(self, series: str) -> float:
        found = re.search(rf"^{re.escape(series)} (\S+)$", self.get("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else 0.0


def launch(folder: Path, command: tuple[str, ...] = UVICORN, **environment: str) -> Service:
    """Start the service and wait until it answers."""
    port = int(environment.get("PORT") or free_port())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")}
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        popen = subprocess.Popen(
            [sys.executable, *command, "--port", str(port)], cwd=FOLDER, env=kept | environment, stdout=out, stderr=err
        )
    service = Service(popen, port, folder)
    until(lambda: popen.poll() is not None or answers(port), 30)
    assert popen.poll() is None, service.stderr
    return service


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service with the embedded model, shared by every test that only asks it things."""
    running = launch(tmp_path_factory.mktemp("ai_service"))
    yield running
    running.stop()
