"""A service in a process of its own, with its output in files."""

from __future__ import annotations

import json
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Served:
    """A running service. `folder` has its output, as `stdout` and `stderr`."""

    popen: subprocess.Popen[bytes]
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        self.popen.wait(15)

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr").read_text()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output; a line that is not JSON fails the test."""
        return [json.loads(line) for line in (self.folder / "stdout").read_text().splitlines()]
