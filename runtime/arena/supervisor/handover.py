"""The successor of a running instance: started beside it, so that at no moment nobody is there.

Theory. Both hold the same listening socket. Until the successor is ready the elder serves as before; then the elder is
told to end, takes nothing new, and finishes what it has. A successor that does not become ready is ended, and nothing
has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from arena import tasks
from arena.errors import PartFailed
from arena.health.monitor import Monitor
from arena.health.probe import ProbeResult
from arena.policy.threshold import State
from arena.supervisor.backends.base import Handle, Launch
from arena.supervisor.instance import Instance
from arena.supervisor.launch import bequeath

if TYPE_CHECKING:
    from arena.supervisor.keeper import World


async def succeed(world: World, heir: Instance) -> Instance:
    """Start `heir`, which has an address of its own already, and return it when its probe says that it is well. Raises
    PartFailed, with nothing left of it, when it ends or is unhealthy instead."""
    began = world.clock.now()
    output = world.logs.spool_path(heir.name)  # shared with the elder, which still writes there
    try:
        launch = bequeath(world.launch(heir, world.new_run(), output), world.sockets(heir))
        handle = await world.backend.start(launch)
    except OSError as error:
        raise PartFailed(f"{heir.name} cannot be replaced: {error}; the old one serves on") from error
    try:
        why = await _ripen(world, heir, launch, handle)
        if why:
            raise PartFailed(
                f"the successor of {heir.name} did not become ready: {why}; the old one serves on",
                hint=f"`arena logs {heir.workload.name}` shows what it said",
            )
    except BaseException:
        await world.backend.stop(handle, 0.0)
        raise
    now = world.clock.now()
    return replace(heir, handle=handle, started_at=began, ready_at=now, health="healthy", health_since=now, detail="")


async def _ripen(world: World, heir: Instance, launch: Launch, handle: Handle) -> str:
    """Wait until it is well (""), or will not be: why."""
    probe = heir.workload.probe
    if probe is None:
        return ""
    verdict: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def report(state: State, result: ProbeResult) -> None:
        if state != "starting" and not verdict.done():
            verdict.set_result("" if state == "in" else result.detail)

    def ask() -> Awaitable[ProbeResult]:
        return world.ask(probe, heir.address, environment=launch.environment, directory=launch.directory)

    gone = asyncio.ensure_future(world.backend.wait(handle))
    ends: list[asyncio.Future[Any]] = [gone, verdict]
    checkup = tasks.spawn(Monitor(probe, ask, report, clock=world.clock).run(), name=f"checkup of the next {heir.name}")
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        return f"it ended with exit code {gone.result()}" if gone.done() else verdict.result()
    finally:
        verdict.cancel()
        await tasks.cancel(checkup, gone)
