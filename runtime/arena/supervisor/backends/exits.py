"""Hears of the end of processes, our children or not, without polling where the kernel has pidfds (Linux 5.3)."""

from __future__ import annotations

import asyncio
import os

from arena import tasks
from arena.supervisor.backends import identity
from arena.supervisor.backends.base import Handle

_POLL_SECONDS = 0.1


class ExitWatcher:
    """One future per handle, resolved with the exit code; None for a process that is not our child.

    A child that has ended is kept as a zombie until `forget`: as long as it is one, its pid, its group and its session cannot
    become another's, and what it left behind can be found by them.
    """

    def __init__(self) -> None:
        self._ends: dict[Handle, asyncio.Future[int | None]] = {}
        self._files: dict[Handle, int] = {}
        self._polls: dict[Handle, asyncio.Task[None]] = {}

    def watch(self, handle: Handle) -> asyncio.Future[int | None]:
        """The future of this process; the same one each time until it is forgotten."""
        if handle not in self._ends:
            self._ends[handle] = asyncio.get_running_loop().create_future()
            self._begin(handle)
        return self._ends[handle]

    def forget(self, handle: Handle) -> None:
        """The run is over and nobody will ask again: reap it."""
        if handle in self._ends and self._ends[handle].done():
            del self._ends[handle]
            self._drop(handle)

    async def close(self) -> None:
        """Watch no longer; what has ended is reaped."""
        for handle in tuple(self._ends):
            self.forget(handle)
        for handle in tuple(self._files):
            self._drop(handle)
        await tasks.cancel(*self._polls.values())
        for end in self._ends.values():
            end.cancel()

    def _begin(self, handle: Handle) -> None:
        if not hasattr(os, "pidfd_open"):
            self._polls[handle] = tasks.spawn(self._poll(handle), name=f"exit of pid {handle.pid}")
            return
        try:
            file = os.pidfd_open(handle.pid)
        except ProcessLookupError:
            self._ends[handle].set_result(None)
            return
        self._files[handle] = file
        if identity.born(handle.pid) != handle.born:  # asked after opening: the file is of the process just looked at
            self._drop(handle)
            self._ends[handle].set_result(None)
        else:
            asyncio.get_running_loop().add_reader(file, self._ended, handle)

    def _ended(self, handle: Handle) -> None:
        asyncio.get_running_loop().remove_reader(self._files[handle])
        code = _wait(self._files[handle], os.WNOWAIT)
        if not self._ends[handle].done():
            self._ends[handle].set_result(code)

    def _drop(self, handle: Handle) -> None:
        file = self._files.pop(handle, None)
        if file is not None:
            asyncio.get_running_loop().remove_reader(file)
            _wait(file)
            os.close(file)

    async def _poll(self, handle: Handle) -> None:
        """For systems without pidfds. They lack waitid too, so the child is reaped as soon as it is seen to have ended."""
        while identity.alive(handle.pid, handle.born):  # noqa: ASYNC110  # the kernel has no event to offer here
            await asyncio.sleep(_POLL_SECONDS)
        self._polls.pop(handle, None)
        try:
            pid, status = os.waitpid(handle.pid, os.WNOHANG)  # noqa: ASYNC222  # WNOHANG: it does not block
        except ChildProcessError:
            pid, status = 0, 0
        if not self._ends[handle].done():
            self._ends[handle].set_result(os.waitstatus_to_exitcode(status) if pid else None)


def _wait(file: int, options: int = 0) -> int | None:
    """The exit code of a child that has ended, minus the signal's number if one killed it; None for any other process.
    The child is reaped unless `options` say otherwise."""
    try:
        result = os.waitid(os.P_PIDFD, file, os.WEXITED | os.WNOHANG | options)
    except ChildProcessError:
        return None
    if result is None:
        return None
    return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status
