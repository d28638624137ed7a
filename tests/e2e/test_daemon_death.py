"""kill -9 of the daemon: the work goes on, nothing is lost, nothing is left."""

from __future__ import annotations

import signal
import socket
import time
from contextlib import closing

import psutil

from tests.e2e.conftest import Sandbox, poll
from tests.ports import free_port

WEB = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /web, strip_path: true}]
"""


def kill_daemon(sandbox: Sandbox) -> None:
    daemon = psutil.Process(sandbox.daemon_pid())
    daemon.send_signal(signal.SIGKILL)
    psutil.wait_procs([daemon], timeout=5)


def test_requests_go_on_and_up_adopts_what_runs(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    before = {name: row["pid"] for name, row in sandbox.rows().items()}
    with sandbox.client() as client:
        kill_daemon(sandbox)
        assert client.get("/web/unwatched").status_code == 200
        sandbox.arena("up", "-d")
        assert {name: row["pid"] for name, row in sandbox.rows().items()} == before
        reply = client.get("/web/again")
        web = next(row for row in sandbox.json("health") if row["instance"] == "web-1")
        assert "registered" not in web["detail"]
        log = (sandbox.directory / ".arena" / "demo" / "daemon.log").read_text()
        assert "refused" not in log and "8500" not in log  # it speaks to this project's registry, from the first word
    trace = reply.headers["traceparent"].split("-")[1]
    found = poll(lambda: sandbox.json("logs", "--trace", trace), lambda lines: len(lines) >= 2)
    assert {line["service"] for line in found} == {"gateway", "web"}
    echoed = [line for line in sandbox.json("logs", "web") if line["message"] == "echoed"]
    assert len(echoed) == 2  # the line written while no daemon lived is there, once


def test_any_command_finds_the_instances_again(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    before = sandbox.rows()["web-1"]["pid"]
    kill_daemon(sandbox)
    row = sandbox.rows()["web-1"]
    assert (row["pid"], row["status"]) == (before, "running")


def test_down_after_the_daemon_died_leaves_no_orphan(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    kill_daemon(sandbox)
    sandbox.arena("down")
    assert sandbox.processes() == []


def test_a_child_that_dies_while_no_daemon_lives_is_started_again(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    kill_daemon(sandbox)
    victim = next(process for process in sandbox.processes() if "echo_service.py" in process.cmdline())
    victim.kill()
    sandbox.arena("up", "-d")
    row = sandbox.rows()["web-1"]
    assert row["health"] == "healthy" and row["pid"] != victim.pid


def test_requests_go_on_past_every_time_to_live_while_no_daemon_lives(sandbox: Sandbox) -> None:
    unprobed = "  plain:\n    command: python echo_service.py\n    routes: [{path: /plain}]"
    sandbox.write(WEB + unprobed)
    file = sandbox.directory / "arena.yaml"
    file.write_text(file.read_text().replace("registry:\n", "registry:\n  ttl: 1s\n"))
    sandbox.arena("up", "-d")
    with sandbox.client() as client:
        kill_daemon(sandbox)
        time.sleep(4)  # time is what is tested: four times the ttl
        assert (client.get("/web/x").status_code, client.get("/plain").status_code) == (200, 200)


def test_an_up_that_is_refused_changes_nothing(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    state = sandbox.directory / ".arena" / "demo"
    before = {name: (state / name).read_text() for name in ("desired.json", "gateway.json")}
    moved = Sandbox(sandbox.directory, sandbox.port, free_port())
    moved.write(WEB)
    with closing(socket.create_server(("127.0.0.1", moved.registry_port))):
        assert str(moved.registry_port) in sandbox.arena("up", "-d", code=18).stderr
        assert {name: (state / name).read_text() for name in before} == before
    with sandbox.client() as client:
        assert client.get("/web/x").status_code == 200


def test_a_new_secret_is_in_force_after_the_daemon_died(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    with sandbox.client() as old:
        kill_daemon(sandbox)
        (sandbox.directory / ".arena" / "demo" / "secrets" / "token-keys.json").unlink()
        sandbox.arena("up", "-d")
        with sandbox.client() as new:
            assert poll(lambda: new.get("/web/x").status_code, lambda status: status == 200) == 200
        assert old.get("/web/x").status_code == 401
