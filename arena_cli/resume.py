"""Lets a paused process group go on, whatever becomes of whoever paused it: `python -I -m arena_cli.resume PID SECONDS`.

It waits until its stdin ends, which happens when the other side closes it or dies, or until the seconds are over.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys


def guard(pid: int, seconds: float) -> subprocess.Popen[bytes]:
    """Start the process that will let the group `pid` go on. It is ready when this returns; close its stdin to have it done."""
    # A session of its own, so that Ctrl-C does not end it before its time.
    process = subprocess.Popen(
        (sys.executable, "-I", "-m", "arena_cli.resume", str(pid), str(seconds)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def release(process: subprocess.Popen[bytes]) -> None:
    """Have it done now, and wait for that."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait()
    process.stdout.close()


def main() -> None:
    """Wait, and let go on."""
    pid, seconds = int(sys.argv[1]), float(sys.argv[2])
    print("ready", flush=True)  # noqa: T201  # to the one who started it
    select.select([sys.stdin], [], [], seconds)
    with contextlib.suppress(ProcessLookupError):  # it has ended, or was restarted
        os.killpg(pid, signal.SIGCONT)


if __name__ == "__main__":
    main()
