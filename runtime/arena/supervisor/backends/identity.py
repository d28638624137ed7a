"""Which process is meant: a pid alone may have been given to another since.

`born` is a text that no two processes of one pid share: the boot and the clock tick the process was started at (Linux), or
its creation time as psutil tells it.
"""

from __future__ import annotations

import contextlib
import os
import signal
from functools import cache
from pathlib import Path

import psutil

_STARTTIME = 19  # field 22 of /proc/<pid>/stat, counted from the state, which is field 3; see proc(5)
_FLAGS = 6  # field 9
_PF_KTHREAD = 0x00200000  # linux/sched.h
_LINUX = Path("/proc/self/stat").exists()


def born(pid: int) -> str:
    """When `pid` was started; "" if there is no such process. A zombie still has its birth."""
    if _LINUX:
        fields = _stat(pid)
        return f"{_boot()}.{fields[_STARTTIME]}" if fields else ""
    try:
        return f"{psutil.Process(pid).create_time():.3f}"
    except psutil.Error:
        return ""


def alive(pid: int, birth: str) -> bool:
    """Whether the process born then still runs; a zombie does not."""
    if born(pid) != birth or not birth:
        return False
    if _LINUX:
        fields = _stat(pid)
        return bool(fields) and fields[0] not in ("Z", "X")
    with contextlib.suppress(psutil.Error):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def hatching(pid: int) -> bool:
    """Whether the process is in the middle of exec(2): it has no command line yet, and no environment that could be read.
    Kernel threads and zombies, which never have any, are not."""
    if not _LINUX:
        return False
    fields = _stat(pid)
    if not fields or fields[0] in ("Z", "X") or int(fields[_FLAGS]) & _PF_KTHREAD:
        return False
    try:
        return not Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def send(pid: int, birth: str, number: signal.Signals) -> bool:
    """Signal exactly this process; False if it is gone. Where the kernel has pidfds, no later process can be hit."""
    try:
        if not hasattr(os, "pidfd_open"):
            return _send_checked(pid, birth, number)
        file = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if not alive(pid, birth):
            return False
        signal.pidfd_send_signal(file, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(file)
    return True


def send_group(pid: int, birth: str, number: signal.Signals) -> bool:
    """Signal the process group that this process leads; False when the process is gone, for then the group's number may
    be another's. A zombie leader still holds the number."""
    if born(pid) != birth or not birth:
        return False
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return False
    return True


def _send_checked(pid: int, birth: str, number: signal.Signals) -> bool:
    if not alive(pid, birth):
        return False
    os.kill(pid, number)
    return True


def _stat(pid: int) -> list[str]:
    """The fields after the command name, which may itself hold spaces and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
