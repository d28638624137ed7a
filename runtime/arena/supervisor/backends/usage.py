"""What the processes of each instance take of the machine."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Sequence

import psutil

from arena.supervisor.backends import identity
from arena.supervisor.backends.base import Handle, Usage


class Meter:
    """Remembers the last look, so that each percentage is over the time since then."""

    def __init__(self) -> None:
        self._looks: dict[Handle, tuple[float, float]] = {}

    def read(self, handles: Sequence[Handle]) -> dict[Handle, Usage]:
        """One pass over the process table for all handles. A process that left its session is not counted."""
        sessions = _sessions()
        live = [handle for handle in handles if identity.alive(handle.pid, handle.born)]
        self._looks = {handle: look for handle, look in self._looks.items() if handle in live}
        return {handle: self._measure(handle, sessions[handle.pid]) for handle in live}

    def _measure(self, handle: Handle, pids: list[int]) -> Usage:
        seconds, rss, started = 0.0, 0, time.time()
        for pid in pids:
            try:
                process = psutil.Process(pid)
                with process.oneshot():
                    times = process.cpu_times()
                    seconds += times.user + times.system
                    rss += process.memory_info().rss
                    started = min(started, process.create_time())
            except psutil.Error:
                continue  # ended meanwhile
        now = time.time()
        before, since = self._looks.get(handle, (0.0, started))
        self._looks[handle] = (seconds, now)
        percent = 100 * max(0.0, seconds - before) / max(now - since, 0.001)
        return Usage(round(percent, 1), rss)


def _sessions() -> defaultdict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for pid in psutil.pids():
        try:
            found[os.getsid(pid)].append(pid)
        except OSError:
            continue
    return found
