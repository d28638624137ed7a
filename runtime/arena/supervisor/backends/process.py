"""Runs instances as processes of this machine, with no help from any other tool."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

from arena.errors import PartFailed
from arena.supervisor.backends import family, identity
from arena.supervisor.backends.base import Handle, Launch, Usage
from arena.supervisor.backends.exits import ExitWatcher
from arena.supervisor.backends.family import Member
from arena.supervisor.backends.spawn import spawn
from arena.supervisor.backends.usage import Meter

_STRAY_GRACE = 2.0
_POLL_SECONDS = 0.02
_KILL_PASSES = 20  # a process may fork between being listed and being killed
_log = logging.getLogger("arena.supervisor")


class ProcessBackend:
    """`project` is put into the environment of every process as ARENA_PROJECT_ID and must be this project's alone."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._exits = ExitWatcher()
        self._meter = Meter()

    async def start(self, launch: Launch) -> Handle:
        marks = {
            family.PROJECT: self._project,
            family.RUN: launch.run,
            family.INSTANCE: launch.instance,
            "PWD": launch.directory,
        }
        pid = spawn(replace(launch, environment={**launch.environment, **marks}))
        handle = Handle(pid, identity.born(pid), launch.run)  # not yet reaped, so it still has its birth
        self._exits.watch(handle)
        return handle

    def alive(self, handle: Handle) -> bool:
        return identity.alive(handle.pid, handle.born)

    async def wait(self, handle: Handle) -> int | None:
        return await asyncio.shield(self._exits.watch(handle))

    async def stop(self, handle: Handle, grace: float) -> bool:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        family_before = await asyncio.to_thread(
            family.of_run, handle
        )  # while its leader still marks the session as ours
        identity.send_group(handle.pid, handle.born, signal.SIGTERM)
        killed = not await self._ended(handle, grace)
        if killed:
            identity.send_group(handle.pid, handle.born, signal.SIGKILL)
            await self._ended(handle, _STRAY_GRACE)
        left = partial(_left_of, family_before, handle)
        forced = await _end(left, deadline - loop.time())
        self._exits.forget(handle)
        return killed or bool(forced)

    def reload(self, handle: Handle) -> None:
        identity.send(handle.pid, handle.born, signal.SIGHUP)

    def usage(self, handles: Sequence[Handle]) -> dict[Handle, Usage]:
        return self._meter.read(handles)

    async def sweep(self, live: Collection[str]) -> tuple[str, ...]:
        runs = frozenset(live)
        strays = await asyncio.to_thread(family.of_project, self._project, runs)
        await _end(lambda: family.of_project(self._project, runs), _STRAY_GRACE)
        return tuple(f"{stray.instance or 'a process'} (pid {stray.pid})" for stray in strays)

    async def close(self) -> None:
        await self._exits.close()

    async def _ended(self, handle: Handle, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self.wait(handle), seconds)
        except TimeoutError:
            return False
        return True


def _left_of(before: list[Member], handle: Handle) -> list[Member]:
    alive = {member for member in before if identity.alive(member.pid, member.born)}
    return list(alive | set(family.of_run(handle)))


async def _end(find: Callable[[], list[Member]], patience: float) -> list[Member]:
    """SIGTERM, `patience` seconds, SIGKILL to whatever `find` finds, until it finds nothing; returns those killed."""
    members = await asyncio.to_thread(find)
    for member in members:
        identity.send(member.pid, member.born, signal.SIGTERM)
    await _gone(members, patience)
    killed: list[Member] = []
    for _ in range(_KILL_PASSES):
        members = await asyncio.to_thread(find)
        if not members:
            return killed
        killed += members
        for member in members:
            identity.send(member.pid, member.born, signal.SIGKILL)
        await _gone(members, _STRAY_GRACE)
    _log.error("these processes cannot be ended: %s", members)
    raise PartFailed(
        f"{members[0].instance or 'a process'} (pid {members[0].pid}) cannot be ended",
        hint="it may wait for a disk or a network file system; look at it with `ps -o stat,wchan,cmd -p PID`",
    )


async def _gone(members: list[Member], patience: float) -> None:
    """Return when all have ended, or after `patience` seconds."""
    deadline = asyncio.get_running_loop().time() + patience
    while any(identity.alive(member.pid, member.born) for member in members):
        if asyncio.get_running_loop().time() >= deadline:
            return
        await asyncio.sleep(_POLL_SECONDS)
