"""Workers with a listening socket each, ended as one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from benchmarks.process import await_port, free_port, running

_ROOT = Path(__file__).resolve().parents[2]
_WORKER = (
    "import os, socket, time; one = socket.socket(fileno=int(os.environ['ARENA_LISTEN_FDS'])); "
    "one.accept(); print(os.getpid(), flush=True); time.sleep(60)"
)


def test_each_worker_has_a_socket_at_the_port_and_all_end_together(tmp_path: Path) -> None:
    port = free_port()
    command = (sys.executable, "-m", "benchmarks.crew", str(port), "2", sys.executable, "-c", _WORKER)
    with running(command, tmp_path / "output", *os.sched_getaffinity(0)) as crew:
        await_port(crew, port)
        workers = [process.pid for process in crew._family()[1:]]
        assert len(workers) == 2
    for pid in workers:
        assert subprocess.run(["kill", "-0", str(pid)], capture_output=True, check=False).returncode != 0
    assert crew._process.returncode == -signal.SIGTERM % 256 or crew._process.returncode != 0
