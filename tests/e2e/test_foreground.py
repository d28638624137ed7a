"""`arena up` in the foreground: logs in front of you, Ctrl-C is a clean down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.e2e.conftest import Sandbox

WEB = "  web:\n    command: python echo_service.py\n    healthcheck: {http: /health, interval: 1s}\n"


def test_logs_are_prefixed_and_ctrl_c_leaves_nothing(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    process = subprocess.Popen(
        [sys.executable, "-m", "arena_cli", "up"],
        cwd=sandbox.directory, env={**os.environ, "NO_COLOR": "1"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    shown = []
    for line in process.stdout:
        shown.append(line)
        if "echo starts" in line:
            break
    assert "web-1" in shown[-1], "".join(shown)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode in (0, 130), rest
    assert sandbox.processes() == []
