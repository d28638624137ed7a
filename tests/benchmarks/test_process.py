"""What a process of ours has used, and what it said last."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.process import Broken, await_port, running, tail

_BUSY = "import subprocess, sys, time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass\ntime.sleep(60)"


def test_processor_time_is_that_of_the_whole_family(tmp_path: Path) -> None:
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_BUSY!r}])"
    with running((sys.executable, "-c", parent), tmp_path / "out", *os.sched_getaffinity(0)) as process:
        end = time.monotonic() + 20
        while (used := process.cpu_seconds()) < 0.3:
            assert time.monotonic() < end, f"only {used} s were seen"
            time.sleep(0.02)
        times = [one.cpu_times() for one in process._family()]
        assert used == pytest.approx(sum(one.user + one.system for one in times), abs=0.3)
    assert not psutil.pid_exists(process._process.pid)


def test_a_process_that_ended_says_why_without_its_access_log(tmp_path: Path) -> None:
    script = "import sys; print('{\"status\":200}'); sys.exit('the port is taken')"
    with (
        running((sys.executable, "-c", script), tmp_path / "out", *os.sched_getaffinity(0)) as process,
        pytest.raises(Broken, match=r"ended with code 1: the port is taken$"),
    ):
        await_port(process, 1)


def test_a_tail_is_short(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("x" * 5000)
    assert len(tail(file)) == 600
    assert tail(tmp_path / "absent") == "no output"
