"""Starts a daemon and waits until it answers: the CLI's door to this room."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path

from arena.control.client import connect
from arena.errors import ArenaError, NothingRunning, WaitTimeout
from arena.model.layout import StateLayout
from arena.model.plan import Plan
from arena.model.project import Project

READY = "ready"  # the first word of a daemon that answers
BUSY = "another daemon of this project is running"  # the first word of one that found the lock taken
_started: list[subprocess.Popen[bytes]] = []  # kept, so that a daemon which ends before we do is reaped
_LOG_BYTES = (
    2 * 1024 * 1024
)  # a longer daemon.log is put aside before the next daemon starts; it writes a line per event
_PATIENCE = 15.0  # seconds; a daemon answers within half a second on an idle machine


async def ensure(layout: StateLayout, directory: str | Path) -> None:
    """Return when a daemon of this project answers, starting one if none does. Raises ArenaError, with the end of the
    daemon's log, when it cannot be started."""
    prepare(layout)
    deadline = time.monotonic() + _PATIENCE
    while not await _answers(layout):
        word = await asyncio.to_thread(_start, layout, Path(directory))
        if word == READY:
            return
        # Busy: another one holds the lock, and is either about to answer or about to end.
        if word != BUSY or time.monotonic() > deadline:
            raise ArenaError(
                "the daemon could not be started" + (f": {word}" if word else ""),
                hint=f"its log is {layout.daemon_log}",
                detail="\n".join(_tail(layout.daemon_log, 10)),
            )
        await asyncio.sleep(0.05)


async def ended(layout: StateLayout) -> None:
    """Return when no daemon holds the project's lock: one that was told to end has done so. Raises WaitTimeout."""
    deadline = time.monotonic() + _PATIENCE
    while _locked(layout):
        if time.monotonic() > deadline:
            raise WaitTimeout(
                "the daemon has stopped everything but does not end", hint=f"its log is {layout.daemon_log}"
            )
        await asyncio.sleep(0.02)


async def recover(layout: StateLayout) -> bool:
    """Start a daemon for instances that outlived theirs. False when no record of any is left."""
    if not _has_records(layout):
        return False
    await ensure(layout, layout.root.parent.parent)
    return True


async def preview(project: Project, only: Collection[str]) -> Plan:
    """The plan of an `up` on a project that no daemon looks after. Raises PortTaken if a port that it needs is held by
    others."""
    # Not at the top: the CLI starts without the supervisor.
    from arena.daemon import component
    from arena.supervisor import ports
    from arena.supervisor.observed import Observed
    from arena.supervisor.reconcile import reconcile

    layout = StateLayout.of(project.directory, project.name)
    spec = component.gateway_spec(project, layout)
    workloads = component.workloads(project, layout, spec)
    plan = reconcile(workloads, Observed(), component.here(project, workloads, only))
    if not _has_records(layout):  # else some of it may have outlived its daemon, and hold its ports with good reason
        needed = {step.workload for step in plan.steps}
        for workload in workloads:
            if workload.name in needed:
                ports.require(workload)
    return plan


def prepare(layout: StateLayout) -> None:
    """Make the state folder and its parent `.arena`, both for this user alone, and keep them out of git. Raises ArenaError
    when something is in the way."""
    parent = layout.root.parent
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        layout.root.mkdir(mode=0o700, exist_ok=True)
        for folder in (parent, layout.root):
            folder.chmod(0o700)
        ignore = parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise ArenaError(
            f"the state folder {layout.root} cannot be made: {error.strerror}",
            hint=f"{error.filename or parent} must be a folder that you may write to",
        ) from error


def _start(layout: StateLayout, directory: Path) -> str:
    """Start the daemon and return its first word: "ready", or why not. It writes that word to a pipe and closes it."""
    reading, writing = os.pipe()
    words = ("--root", str(layout.root), "--directory", str(directory), "--ready-fd", str(writing))
    if layout.daemon_log.exists() and layout.daemon_log.stat().st_size > _LOG_BYTES:
        layout.daemon_log.replace(layout.daemon_log.with_suffix(".log.1"))
    with layout.daemon_log.open("ab") as log:
        layout.daemon_log.chmod(0o600)
        daemon = subprocess.Popen(
            (sys.executable, "-I", "-m", "arena.daemon", *words),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(writing,),
        )
    _started.append(daemon)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        return pipe.readline().strip()


def _locked(layout: StateLayout) -> bool:
    try:
        with layout.daemon_lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


async def _answers(layout: StateLayout) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE), connect(layout):
            return True
    except NothingRunning:
        return False


def _has_records(layout: StateLayout) -> bool:
    try:
        return bool(json.loads(layout.instances.read_text()))
    except (FileNotFoundError, ValueError):
        return False


def _tail(path: Path, lines: int) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []
