"""arena_cli.resume: what stands still goes on, whatever becomes of whoever paused it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from arena_cli import resume


@pytest.fixture
def paused() -> Iterator[psutil.Process]:
    """A process in a group of its own that stands still."""
    process = subprocess.Popen((sys.executable, "-c", "import time; time.sleep(60)"), start_new_session=True)
    os.killpg(process.pid, signal.SIGSTOP)
    yield psutil.Process(process.pid)
    process.kill()
    process.wait()


def becomes(process: psutil.Process, *, stopped: bool) -> bool:
    end = time.monotonic() + 5.0
    while (process.status() == psutil.STATUS_STOPPED) != stopped:
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_released(paused: psutil.Process) -> None:
    guard = resume.guard(paused.pid, 60.0)
    assert becomes(paused, stopped=True)
    resume.release(guard)
    assert becomes(paused, stopped=False)
    assert guard.returncode == 0


def test_when_the_time_is_over(paused: psutil.Process) -> None:
    guard = resume.guard(paused.pid, 0.1)
    assert becomes(paused, stopped=False)
    resume.release(guard)


def test_when_the_one_who_paused_it_is_killed(paused: psutil.Process) -> None:
    pauser = subprocess.Popen(
        (
            sys.executable,
            "-c",
            "import time; from arena_cli import resume;"
            f" guard = resume.guard({paused.pid}, 60.0); print(1, flush=True); time.sleep(60)",
        ),
        stdout=subprocess.PIPE,
    )
    assert pauser.stdout is not None
    pauser.stdout.readline()
    assert becomes(paused, stopped=True)
    pauser.kill()
    pauser.wait()
    pauser.stdout.close()
    assert becomes(paused, stopped=False)


def test_what_has_ended_is_no_problem() -> None:
    gone = subprocess.Popen((sys.executable, "-c", ""), start_new_session=True)
    gone.wait()
    guard = resume.guard(gone.pid, 60.0)
    resume.release(guard)
    assert guard.returncode == 0
