"""Processes this run starts: begun on a core, waited for, measured, and ended by their pid."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from arena.supervisor import ports
from benchmarks.pin import pinned

_LONGEST_TAIL = 600  # characters


class Broken(Exception):
    """A contender does not do what it is compared for, or its process died."""


class Running:
    """A started process, the leader of a process group of its own, with its output in a file."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self._process = process
        self.output = output

    def cpu_seconds(self) -> float:
        """Processor time used so far by the process and its children, by the scheduler's own clock where there is one:
        that of psutil ticks a hundred times a second."""
        return sum(map(_cpu_seconds, self._family()))

    def rss_bytes(self) -> int:
        """Resident memory of the process and its children. A page they share counts for each."""
        return sum(one.memory_info().rss for one in self._family())

    def require_alive(self) -> None:
        """Raise Broken, quoting the last lines of output, when the process has ended."""
        if (code := self._process.poll()) is not None:
            raise Broken(f"ended with code {code}: {tail(self.output)}")

    def stop(self, grace: float = 5.0) -> None:
        """Ask the process to end, and make it, with whatever it started, after `grace` seconds."""
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _family(self) -> list[psutil.Process]:
        root = psutil.Process(self._process.pid)
        return [root, *root.children(recursive=True)]


@contextlib.contextmanager
def running(command: tuple[str, ...], output: Path, *cores: int) -> Iterator[Running]:
    """Start `command` on `cores`, its output going to `output`; stop it at the end, however that comes."""
    with output.open("ab") as file, pinned(*cores):
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    started = Running(process, output)
    try:
        yield started
    finally:
        started.stop()


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        # https://docs.kernel.org/scheduler/sched-stats.html: nanoseconds spent on the processor come first.
        tasks = Path(f"/proc/{process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    except (OSError, IndexError):  # not Linux, or a kernel without it
        times = process.cpu_times()
        return float(times.user + times.system)


def await_port(process: Running, port: int, timeout: float = 15.0) -> None:
    """Return when something accepts connections on `port`. Raises Broken when the process ends or time is up."""
    deadline = time.monotonic() + timeout
    while True:
        process.require_alive()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return
        if time.monotonic() > deadline:
            raise Broken(f"does not listen after {timeout:.0f} s: {tail(process.output)}")
        time.sleep(0.02)


def free_port() -> int:
    """A loopback port that is free, and not one that the kernel gives to a client of the many measured here."""
    return ports.pick("127.0.0.1", ())


def tail(file: Path, lines: int = 5) -> str:
    """The last lines of a file, as one line for an error; what a contender logged of requests is not meant."""
    text = file.read_text(errors="replace") if file.exists() else ""
    said = [line for line in text.splitlines() if '"status":' not in line]
    return " / ".join(said[-lines:])[-_LONGEST_TAIL:] or "no output"
