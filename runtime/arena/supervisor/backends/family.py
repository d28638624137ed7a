"""Every process of a run, wherever it has gone.

Two marks are looked for, because each can be shed: the session (a child that calls setsid leaves it) and the run id in the
environment a process was started with (a child may be given another, or write over it, as setproctitle does). A process
that sheds both on purpose is not found; nor is one that shed the second when its session's leader has been reaped, by us or,
if it was not our child, by init: from then on the session's number may be another's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from arena.supervisor.backends import identity
from arena.supervisor.backends.base import Handle

PROJECT = "ARENA_PROJECT_ID"
RUN = "ARENA_RUN_ID"
INSTANCE = "ARENA_INSTANCE_ID"

_HATCH_SECONDS = 2.0  # exec takes well under a millisecond, but the machine may be busy


@dataclass(frozen=True, slots=True)
class Member:
    """One living process. `instance` as its environment has it, "" where that cannot be read."""

    pid: int
    born: str
    instance: str = ""


def of_run(handle: Handle) -> list[Member]:
    """The living processes of one run. Looks at every process: milliseconds, to be spent in a thread."""
    leader = handle.pid if identity.born(handle.pid) == handle.born else None
    return list(_find(lambda pid, marks: marks.get(RUN) == handle.run or (leader and _session(pid) == leader)))


def of_project(project: str, except_runs: frozenset[str]) -> list[Member]:
    """The living processes of a project but for those of some runs, and but for ourselves and our ancestors: whoever
    starts Arena from inside one of its own services is not to be ended by it."""
    spared = _lineage()

    def wanted(pid: int, marks: dict[str, str]) -> bool:
        return marks.get(PROJECT) == project and marks.get(RUN, "") not in except_runs and pid not in spared

    return list(_find(wanted))


def _find(wanted: Callable[[int, dict[str, str]], object]) -> Iterator[Member]:
    for pid in psutil.pids():
        birth = identity.born(pid)
        marks = _environment(pid)
        if wanted(pid, marks) and identity.alive(pid, birth):
            yield Member(pid, birth, marks.get(INSTANCE, ""))


def _environment(pid: int) -> dict[str, str]:
    """The environment it was started with. One that is just being started is given the moment it needs."""
    deadline = time.monotonic() + _HATCH_SECONDS
    while True:
        settled = not identity.hatching(pid)  # asked first: what is read afterwards is then whole
        found = _read_environment(pid)
        if found or settled or time.monotonic() > deadline:
            return found
        time.sleep(0.001)


def _read_environment(pid: int) -> dict[str, str]:
    try:
        return psutil.Process(pid).environ()
    except (psutil.Error, OSError):  # another user's, gone, or a zombie
        return {}


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _lineage() -> set[int]:
    own = psutil.Process()
    return {own.pid, *(parent.pid for parent in own.parents())}
