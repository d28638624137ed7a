"""What a client notices while parts of the project die, are replaced, or change: real processes, real load."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

from tests.chaos.conftest import Tell
from tests.chaos.load import Load
from tests.chaos.wretch import silent
from tests.e2e.conftest import Sandbox
from tests.e2e.load import CALLERS
from tests.ports import black_hole, free_port

RELOADS = 50
LULL = 1.0  # seconds of load between two mishaps

WEB = """
  web:
    command: python echo_service.py
    environment: {WORD: "%s"}
    healthcheck: {http: /health, interval: 500ms, timeout: 1s, retries: 2}
    deploy: {replicas: 3}
    routes: [{path: /web, strip_path: true}]
"""

ECHO = """
  echo-%d:
    command: python echo_service.py
    ports: ["%d:%d"]
    healthcheck: {http: /health, interval: 1s}
"""
OUTSIDE = """
  web:
    url: %s
    traffic: {retries: {attempts: 3, per_try_timeout: 300ms}, breaker: {open_for: 1s}}
    routes: [{path: /web, strip_path: true}]
"""


@pytest.fixture
def load(sandbox: Sandbox) -> Load:
    sandbox.write(WEB % "one")
    sandbox.arena("up", "-d")
    return Load(sandbox.port, sandbox.token("--sub", "load", "--ttl", "1h"))


def kill(sandbox: Sandbox, instance: str) -> int:
    """Kill the process that is the instance; its pid."""
    pid: int = sandbox.rows()[instance]["pid"]
    os.kill(pid, signal.SIGKILL)
    return pid


def healthy(sandbox: Sandbox, *services: str) -> None:
    for service in services:
        sandbox.arena("wait", service, "--status", "healthy", "--timeout", "30")


def test_deaths_of_instances_registry_and_daemon(sandbox: Sandbox, load: Load, tell: Tell) -> None:
    with load:
        for instance in ("web-1", "web-2", "web-3", "registry-1"):
            kill(sandbox, instance)
            healthy(sandbox, instance.rpartition("-")[0])
        psutil.Process(sandbox.daemon_pid()).kill()
        unwatched = next(p for p in sandbox.processes() if "echo_service.py" in p.cmdline())
        unwatched.kill()
        sandbox.arena("up", "-d")
        healthy(sandbox, "web")
    tell(load)
    assert load.total > 200 and load.swapped == 0
    assert load.failed <= load.total / 1000, load


def test_rolling_restarts_lose_nothing(sandbox: Sandbox, load: Load, tell: Tell) -> None:
    with load:
        sandbox.arena("restart", "web")
        sandbox.write(WEB % "two")
        sandbox.arena("up", "-d")
    tell(load)
    assert load.total > 100 and (load.failed, load.swapped) == (0, 0), load


@pytest.mark.timeout(300)
def test_fifty_reloads_lose_nothing(sandbox: Sandbox, load: Load, tell: Tell) -> None:
    """Each edit changes routes, limits, auth, breakers and what passes; what is loaded meanwhile stays as it is."""
    with load:
        for number in range(RELOADS):
            sandbox.write(edited(number), gateway=f"  rate_limits: [{{rate: {9000 + number}/s}}]")
            sandbox.arena("up", "-d")
    tell(load)
    assert load.total > 100 and (load.failed, load.swapped) == (0, 0), load


def edited(number: int) -> str:
    """The service with another route, limit, role, transformation and breaker for each number."""
    extra = (
        f"      - {{name: extra, path: /extra{number}, roles: [role-{number}], rate_limits: [{{rate: {number + 1}/s}}],"
        f" request: {{headers: {{set: {{X-Edit: '{number}'}}}}}}}}\n"
    )
    routes = f"routes:\n      - {{path: /web, strip_path: true}}\n{extra}    traffic: {{breaker: {{failures: {number + 2}}}}}\n"
    return (WEB % "one").replace("routes: [{path: /web, strip_path: true}]\n", routes)


def test_the_state_store_and_a_gateway_worker_die(sandbox: Sandbox, tell: Tell) -> None:
    sandbox.write((WEB % "one") + "state: {valkey: embedded}", gateway="  workers: 2\n  rate_limits: [{rate: 9000/s}]")
    sandbox.arena("up", "-d")
    load = Load(sandbox.port, sandbox.token("--sub", "load", "--ttl", "1h"))
    with load:
        for instance in ("state-1", "gateway-2"):
            replaced(sandbox, instance, kill(sandbox, instance))
            time.sleep(LULL)
    tell(load)
    assert load.total > 1000 and load.swapped == 0
    # Whoever is connected to the worker that dies sees that connection end; each caller has one.
    assert load.failed <= len(CALLERS), load


def replaced(sandbox: Sandbox, instance: str, before: int, patience: float = 30.0) -> None:
    """Wait until another process than `before` is the instance, and well."""
    deadline = time.monotonic() + patience
    while (row := sandbox.rows()[instance])["pid"] in (before, None) or row["health"] not in ("healthy", "none"):
        assert time.monotonic() < deadline, row
        time.sleep(0.1)


def test_an_instance_that_hangs_is_taken_out_and_replaced(sandbox: Sandbox, tell: Tell) -> None:
    # Stopped as it is, it hears no SIGTERM: the grace goes by before it is replaced.
    sandbox.write(WEB % "one" + "    stop_grace_period: 1s\n    traffic: {retries: {per_try_timeout: 1s}}\n")
    sandbox.arena("up", "-d")
    load = Load(sandbox.port, sandbox.token("--sub", "load", "--ttl", "1h"))
    with load:
        pid = sandbox.rows()["web-2"]["pid"]
        os.kill(pid, signal.SIGSTOP)
        deadline = time.monotonic() + 40
        while sandbox.rows()["web-2"]["pid"] in (pid, None):
            assert time.monotonic() < deadline, sandbox.rows()
            time.sleep(0.2)
        healthy(sandbox, "web")
        time.sleep(LULL)
    tell(load)
    assert load.total > 1000 and load.swapped == 0
    assert load.failed <= load.total / 1000, load


def test_upstreams_that_refuse_swallow_or_say_nothing(sandbox: Sandbox, tell: Tell) -> None:
    """Two instances are well; of the others nobody is told, so that each must be found out by its failures."""
    ports = [free_port(), free_port()]
    sandbox.write("".join(ECHO % (number, port, port) for number, port in enumerate(ports)))
    with black_hole() as swallowed, silent() as mute:
        urls = [f"http://127.0.0.1:{port}" for port in (*ports, free_port(), swallowed, mute)]
        with (sandbox.directory / "arena.yaml").open("a") as file:
            file.write(OUTSIDE % urls)
        sandbox.arena("up", "-d")
        load = Load(sandbox.port, sandbox.token("--sub", "load", "--ttl", "1h"))
        with load:
            time.sleep(8)  # the breakers open, and trials find again and again that nothing is better
    tell(load)
    assert load.total > 1000 and load.swapped == 0
    assert load.failed <= load.total / 1000, load
