"""What a client notices while parts of the project die, are replaced, or change: real processes, real load."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

from tests.chaos.load import Load
from tests.e2e.conftest import Sandbox

WEB = """
  web:
    command: python echo_service.py
    environment: {WORD: "%s"}
    healthcheck: {http: /health, interval: 500ms, timeout: 1s, retries: 2}
    deploy: {replicas: 3}
    routes: [{path: /web, strip_path: true}]
"""


@pytest.fixture
def load(sandbox: Sandbox) -> Load:
    sandbox.write(WEB % "one")
    sandbox.arena("up", "-d")
    return Load(f"http://127.0.0.1:{sandbox.port}", sandbox.token("--sub", "load", "--ttl", "1h"))


def kill(sandbox: Sandbox, instance: str, number: signal.Signals = signal.SIGKILL) -> None:
    os.kill(sandbox.rows()[instance]["pid"], number)


def healthy(sandbox: Sandbox, *services: str) -> None:
    for service in services:
        sandbox.arena("wait", service, "--status", "healthy", "--timeout", "30")


def test_deaths_of_instances_registry_and_daemon(sandbox: Sandbox, load: Load) -> None:
    with load:
        for instance in ("web-1", "web-2", "web-3", "registry-1"):
            kill(sandbox, instance)
            healthy(sandbox, instance.rpartition("-")[0])
        psutil.Process(sandbox.daemon_pid()).kill()
        unwatched = next(p for p in sandbox.processes() if "echo_service.py" in p.cmdline())
        unwatched.kill()
        sandbox.arena("up", "-d")
        healthy(sandbox, "web")
    print(load)
    assert load.total > 200 and load.swapped == 0
    assert load.failed <= load.total / 1000, load


def test_rolling_restarts_lose_nothing(sandbox: Sandbox, load: Load) -> None:
    with load:
        sandbox.arena("restart", "web")
        sandbox.write(WEB % "two")
        sandbox.arena("up", "-d")
    print(load)
    assert load.total > 100 and (load.failed, load.swapped) == (0, 0), load


def test_reloads_lose_nothing(sandbox: Sandbox, load: Load) -> None:
    with load:
        for number in range(8):
            extra = f"      - {{name: extra, path: /extra{number}, roles: [user]}}\n"
            sandbox.write(
                (WEB % "one").replace(
                    "routes: [{path: /web, strip_path: true}]",
                    f"routes:\n      - {{path: /web, strip_path: true}}\n{extra}",
                )
            )
            sandbox.arena("up", "-d")
    print(load)
    assert load.total > 100 and (load.failed, load.swapped) == (0, 0), load


def test_an_instance_that_hangs_is_taken_out_and_replaced(sandbox: Sandbox, load: Load) -> None:
    with load:
        pid = sandbox.rows()["web-2"]["pid"]
        os.kill(pid, signal.SIGSTOP)
        deadline = time.monotonic() + 40
        while sandbox.rows()["web-2"]["pid"] in (pid, None):
            assert time.monotonic() < deadline, sandbox.rows()
            time.sleep(0.2)
        healthy(sandbox, "web")
    print(load)
    assert load.swapped == 0
    assert load.failed <= load.total / 100, load
