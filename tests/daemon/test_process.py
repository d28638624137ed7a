"""The daemon's own life: signals, and what it leaves."""

from __future__ import annotations

import shutil
import signal

import psutil

from tests.e2e.conftest import Sandbox, poll

WEB = "  web:\n    command: python echo_service.py\n    healthcheck: {http: /health, interval: 1s}\n"


def test_sigterm_stops_everything_in_order(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    daemon = psutil.Process(sandbox.daemon_pid())
    daemon.send_signal(signal.SIGTERM)
    gone, _ = psutil.wait_procs([daemon], timeout=20)
    assert gone and sandbox.processes() == []
    log = (sandbox.directory / ".arena" / "demo" / "daemon.log").read_text()
    stopped = [name for name in ("gateway-1 stopped", "web-1 stopped", "registry-1 stopped") if name in log]
    assert len(stopped) == 3 and log.index("web-1 stopped") < log.index("registry-1 stopped")
    assert "Traceback" not in log


def test_the_socket_is_gone_with_the_daemon(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    socket = sandbox.directory / ".arena" / "demo" / "daemon.sock"
    assert socket.exists()
    sandbox.arena("down")
    assert not socket.exists()


def test_a_deleted_socket_is_made_again(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    before = sandbox.rows()["web-1"]["pid"]
    (sandbox.directory / ".arena" / "demo" / "daemon.sock").unlink()
    assert sandbox.rows()["web-1"]["pid"] == before


def test_without_its_state_folder_everything_is_stopped(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    shutil.rmtree(sandbox.directory / ".arena")
    assert poll(sandbox.processes, lambda left: not left, 20.0) == []


def test_a_new_project_in_place_of_a_deleted_one_is_not_disturbed(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    shutil.rmtree(sandbox.directory / ".arena")
    sandbox.arena("up", "-d", code=None)
    sandbox.arena("up", "-d")
    sandbox.daemon_pid()  # exactly one
    assert sandbox.rows()["web-1"]["health"] == "healthy"
