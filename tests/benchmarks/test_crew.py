"""Workers with a listening socket each, ended as one."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil

from benchmarks.process import await_port, running
from tests.ports import free_port

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
        end = time.monotonic() + 10
        while len(workers := crew._family()[1:]) < 2:
            assert time.monotonic() < end, f"only {workers} were started"
            time.sleep(0.02)
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive
    assert crew._process.returncode != 0  # nor did either end well: this worker knows no SIGTERM
