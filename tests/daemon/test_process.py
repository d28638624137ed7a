"""The daemon's own life: signals, and what it leaves."""

from __future__ import annotations

import signal

import psutil

from tests.e2e.conftest import Sandbox

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
