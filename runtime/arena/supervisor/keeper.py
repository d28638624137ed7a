"""Keeps one instance running: starts it, hears of its end, asks how it is, starts it again or gives up."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from arena import tasks
from arena.clock import Clock
from arena.errors import ArenaError, PartFailed
from arena.health.monitor import Monitor
from arena.health.probe import ProbeResult
from arena.model.address import Address
from arena.model.event import Event, EventName
from arena.model.instance import Health
from arena.model.service import RestartWhen
from arena.model.workload import Workload
from arena.policy.backoff import Backoff
from arena.policy.threshold import State
from arena.supervisor.announce import Announcer
from arena.supervisor.backends.base import Backend, Handle, Launch
from arena.supervisor.checkup import HEALTH, Ask
from arena.supervisor.handover import succeed
from arena.supervisor.instance import Instance, Signal, advance
from arena.supervisor.launch import bequeath, fill
from arena.telemetry.collector import LogCollector

SETTLE_SECONDS = 0.5
"""How long an instance without a probe must run to be taken as ready: one that cannot work mostly ends sooner."""


@dataclass(frozen=True, slots=True)
class World:
    """What keepers share. `draw` gives random numbers in [0, 1). `address` picks where an instance will listen, `launch` fills
    in its command and environment for a run, `sockets` opens the listening sockets that it inherits; `favour` sends
    what is new to an heir's, before its elder ends. `changed` is
    called after every change to an instance."""

    backend: Backend
    clock: Clock
    announcer: Announcer
    logs: LogCollector
    ask: Ask
    draw: Callable[[], float]
    address: Callable[[Instance], Address]
    launch: Callable[[Instance, str, Path], Launch]
    sockets: Callable[[Instance], tuple[int, ...]]
    favour: Callable[[Instance, Instance], None]
    new_run: Callable[[], str]
    changed: Callable[[], None]
    emit: Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended: an exit code (None if nobody knows), or `sick`, what the probe said of one that has to be ended."""

    code: int | None = None
    sick: str = ""

    def __str__(self) -> str:
        if self.sick:
            return f"unhealthy: {self.sick}"
        if self.code is None:
            return "ended; its exit code went to an earlier daemon"
        return f"exit code {self.code}" if self.code >= 0 else f"killed by {signal.Signals(-self.code).name}"


def judge(when: RestartWhen, end: End) -> Signal:
    """What the end of a run means under a restart rule: start it again ("lose"), "complete" or "fail"."""
    good = end.code == 0 and not end.sick
    if when == "always" or (when == "on-failure" and not good):
        return "lose"
    return "complete" if good else "fail"


class Keeper:
    """One instance and the task that keeps it. `state` is replaced, never changed."""

    def __init__(self, world: World, state: Instance) -> None:
        self.state = state
        self._world = world
        self._backoff = Backoff()
        self._task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._leaving: dict[Handle, asyncio.Task[None]] = {}
        self.successor: Instance | None = None
        """What is about to take over, while it is not ready yet."""

    @property
    def name(self) -> str:
        return self.state.name

    def ask(self, workload: Workload) -> None:
        """Mark it as wanted, to be made from `workload`; `start` does it. Only for one that is not active."""
        self._backoff = Backoff()
        blank = {
            "exit_code": None,
            "detail": "",
            "health": "none",
            "health_detail": "",
            "started_at": None,
            "ready_at": None,
        }
        self._move("ask", workload=workload, restarts=0, **blank)

    async def start(self) -> None:
        """Start what was asked for, and keep it. If it cannot start it is failed, and `detail` says why.

        Once begun this is carried through, even if the caller is cancelled.
        """
        await asyncio.shield(tasks.spawn(self._start(), name=f"start of {self.name}"))

    async def adopt(self) -> None:
        """Keep a process that an earlier daemon started and that `state.handle` names."""
        health: Health = "starting" if self.state.workload.probe else "none"
        ready = self.state.started_at if health == "none" else None
        self._set(status="running", health=health, ready_at=ready, detail="")
        self._world.logs.resume(self.name)
        self._emit("adopted", f"pid {self.state.handle.pid}" if self.state.handle else "")
        self._task = tasks.spawn(self._keep(), name=f"keeper of {self.name}")
        for handle in self.state.leaving:
            self._part_with(handle, self.state.workload.stop_grace_period)
        await self._announce()

    async def stop(self, grace: float | None = None, *, again: Workload | None = None) -> bool:
        """End it and whatever it left; True if that took force. With `again` it is at once asked for anew.

        Once begun this is carried through, even if the caller is cancelled. `grace` None: the workload's own.
        """
        return await asyncio.shield(tasks.spawn(self._stop(grace, again), name=f"stop of {self.name}"))

    async def hand_over(self, workload: Workload, grace: float | None = None) -> None:
        """Replace a running one without a gap: start its successor from `workload` beside it, wait until that is ready,
        and only then end it, in the background. Raises PartFailed, and leaves it as it was, when the successor does not
        become ready.

        Once begun this is carried through, even if the caller is cancelled. For workloads with a `shared` address.
        """
        await asyncio.shield(tasks.spawn(self._hand_over(workload, grace), name=f"hand-over of {self.name}"))

    def reload(self, workload: Workload) -> None:
        """Take new settings without a restart: the process is told to read its files again."""
        if self.state.handle is not None:
            self._world.backend.reload(self.state.handle)
        self._set(workload=workload)
        self._emit("reloaded")

    async def refit(self, workload: Workload) -> None:
        """Take what of a workload changes without the process noticing: restart rule, grace, metadata."""
        announced = self.state.workload.metadata
        self._set(workload=replace(workload, reload_hash=self.state.workload.reload_hash))
        if self.state.status == "running" and workload.metadata != announced:
            await self._announce()

    def refuse(self, reason: str) -> None:
        """It will not be started: what it depends on failed."""
        if self.state.status == "pending":
            self._move("fail", detail=reason)
        self._emit("failed", reason)

    def call_off(self) -> None:
        """It need not be started any more."""
        if self.state.status == "pending":
            self._move("halt", detail="its start was called off")

    async def idle(self) -> None:
        """Return when no start or stop is under way."""
        async with self._lock:
            return

    async def let_go(self) -> None:
        """Keep it no longer; the process goes on."""
        await tasks.cancel(self._task, *self._leaving.values())

    async def _start(self) -> None:
        async with self._lock:
            if self._task is not None:
                await asyncio.wait({self._task})  # the last run may still be cleaning up
            if self.state.status == "pending" and await self._spawn("started"):
                self._task = tasks.spawn(self._keep(), name=f"keeper of {self.name}")

    async def _stop(self, grace: float | None, again: Workload | None) -> bool:
        async with self._lock:
            await tasks.cancel(self._task)
            self.call_off()
            if not self.state.active:
                await self._clean_up(grace)
                return False
            self._move("halt", health="none")
            self._emit("stopping")
            killed = await self._clean_up(grace)
            self._move("end", detail="killed after its grace period" if killed else "")
            self._emit("killed" if killed else "stopped")
            if again is not None:
                self.ask(again)
            return killed

    async def _hand_over(self, workload: Workload, grace: float | None) -> None:
        async with self._lock:
            before = self.state
            if before.status != "running" or before.handle is None:
                raise PartFailed(f"{self.name} does not run any more")
            await tasks.cancel(self._task)
            try:
                heir = replace(before, workload=workload, handle=None, address=None)
                self.successor = heir = replace(heir, address=self._world.address(heir))
                heir = await succeed(self._world, heir)
            except BaseException:
                self._task = tasks.spawn(self._keep(), name=f"keeper of {self.name}")
                raise
            finally:
                self.successor = None
            self._world.favour(heir, before)
            self.state = replace(heir, leaving=(*self.state.leaving, before.handle))
            self._world.changed()
            self._emit("restarted", f"pid {self._handle().pid} took over from pid {before.handle.pid}")
            self._task = tasks.spawn(self._keep(), name=f"keeper of {self.name}")
            self._part_with(before.handle, before.workload.stop_grace_period if grace is None else grace)

    def _part_with(self, handle: Handle, grace: float) -> None:
        self._leaving[handle] = tasks.spawn(self._see_off(handle, grace), name=f"end of {self.name}")

    async def _see_off(self, handle: Handle, grace: float) -> None:
        """End a process that has a successor."""
        if await self._world.backend.stop(handle, grace):
            self._emit("killed", f"pid {handle.pid}, which had a successor, outlived its grace period")
        self._leaving.pop(handle, None)
        self._set(leaving=tuple(each for each in self.state.leaving if each != handle))

    async def _keep(self) -> None:
        delay = await self._run()
        while delay is not None:
            await self._world.clock.sleep(delay)
            if not await self._spawn("restarted", restarts=self.state.restarts + 1):
                return
            delay = await self._run()

    async def _run(self) -> float | None:
        """See one run to its end; the delay in seconds before the next, None if there is to be none."""
        end = await self._watch()
        if not end.sick:
            self._world.logs.finish(self.name)  # first, so that whoever hears of the end finds the last lines
        delay = self._judge(end)
        await self._clean_up(None)
        return delay

    async def _spawn(self, event: EventName, **changes: Any) -> bool:
        run = self._world.new_run()
        try:
            self._set(address=self._world.address(self.state))
            output = self._world.logs.begin(self.name)
            now = self._world.clock.now()  # before its first line
            launch = bequeath(self._world.launch(self.state, run, output), self._world.sockets(self.state))
            handle = await self._world.backend.start(launch)
        except (ArenaError, OSError) as error:
            told = error if isinstance(error, ArenaError) else PartFailed(f"{self.name} cannot start: {error}")
            self._move("fail", detail=f"{told.message}; {told.hint}" if told.hint else told.message)
            self._emit("failed", told.message)
            return False
        health: Health = "starting" if self.state.workload.probe else "none"
        self._move("spawn", handle=handle, started_at=now, ready_at=None, health=health, detail="", **changes)
        self._emit(event, f"pid {handle.pid}")
        if self._asked_by_registry:
            await self._announce()
        return True

    @property
    def _asked_by_registry(self) -> bool:
        """The registry can find out for itself when it is well. Of any other, it hears when we know it to be ready: until
        then it may not even listen."""
        probe = self.state.workload.probe
        return probe is not None and probe.remote

    async def _watch(self) -> End:
        """Wait for the end of the process or, if it is to be restarted for that, for its ill health."""
        handle, sick = self._handle(), asyncio.get_running_loop().create_future()
        gone = asyncio.ensure_future(self._world.backend.wait(handle))
        checkup = self._examine(sick)
        try:
            await asyncio.wait({gone, sick}, return_when=asyncio.FIRST_COMPLETED)
            return End(code=gone.result()) if gone.done() else End(sick=sick.result())
        finally:
            sick.cancel()
            await tasks.cancel(checkup, gone)

    def _examine(self, sick: asyncio.Future[str]) -> asyncio.Task[None]:
        workload, probe = self.state.workload, self.state.workload.probe
        if probe is None:
            return tasks.spawn(self._settle(), name=f"settling of {self.name}")
        launch = self._world.launch(self.state, self._handle().run, self._world.logs.spool_path(self.name))

        def report(state: State, result: ProbeResult) -> None:
            self._note(HEALTH[state], result.detail)
            if state == "out" and workload.restart.when != "no" and not sick.done():
                sick.set_result(result.detail)

        monitor = Monitor(probe, lambda: self._ask(launch), report, clock=self._world.clock)
        return tasks.spawn(monitor.run(), name=f"checkup of {self.name}")

    async def _settle(self) -> None:
        """Nobody can ask it, so it is taken as ready when it has not ended at once."""
        if self.state.ready_at is None:
            # One that has ended before must run longer to be believed.
            await self._world.clock.sleep(SETTLE_SECONDS * (1 + 4 * min(self.state.restarts, 5)))
            self._set(ready_at=self._world.clock.now())
            await self._announce()

    def _ask(self, launch: Launch) -> Any:
        probe, address = self.state.workload.probe, self.state.address
        assert probe is not None
        probe = replace(probe, command=tuple(fill(word, launch.environment) for word in probe.command))
        return self._world.ask(probe, address, environment=launch.environment, directory=launch.directory)

    def _note(self, health: Health, detail: str) -> None:
        """Remember an answer of the probe; tell of it when the health changes."""
        now = self._world.clock.now()
        if health == self.state.health:
            if detail != self.state.health_detail:
                self._set(health_detail=detail)
            return
        ready = self.state.ready_at or (now if health == "healthy" else None)
        self._set(health=health, health_detail=detail, health_since=now, ready_at=ready)
        self._emit("healthy" if health == "healthy" else "unhealthy", detail)
        if health == "healthy" and not self._asked_by_registry:
            tasks.spawn(self._announce(), name=f"announcement of {self.name}")

    def _judge(self, end: End) -> float | None:
        rule, health = self.state.workload.restart, "unhealthy" if end.sick else "none"
        verdict = judge(rule.when, end)
        if verdict == "lose":
            again = self._backoff.again(rule, self._world.clock.monotonic(), self._world.draw())
            if again is not None:
                self._backoff, delay = again
                self._move("lose", exit_code=end.code, health=health, detail=str(end))
                self._emit("exited", f"{end}, again in {delay:.1f} s")
                return delay
            times = "1 restart" if rule.max_attempts == 1 else f"{rule.max_attempts} restarts"
            detail = f"given up after {times} within {rule.window:g} s: {end}"
            self._move("fail", exit_code=end.code, health=health, detail=detail)
            self._emit("gave_up", detail)
            return None
        self._move(verdict, exit_code=end.code, health=health, detail=str(end))
        self._emit("completed" if verdict == "complete" else "failed", str(end))
        return None

    async def _clean_up(self, grace: float | None) -> bool:
        """End what is left of the run, having told the registry first; True if that took force."""
        seconds = self.state.workload.stop_grace_period if grace is None else grace
        # Asked a second time with less patience: the sooner end counts.
        await asyncio.gather(*(self._world.backend.stop(handle, seconds) for handle in list(self._leaving)))
        if self.state.handle is None:
            return False
        if self.state.workload.registered:
            await self._world.announcer.withdraw(self.state.workload, self.name)
        killed = await self._world.backend.stop(self.state.handle, seconds)
        self._world.logs.finish(self.name)
        self._set(handle=None)
        return killed

    async def _announce(self) -> None:
        running = self.state.status == "running"  # it may have been told to stop in the meantime
        if running and self.state.workload.registered and self.state.address is not None:
            await self._world.announcer.announce(self.state.workload, self.name, self.state.address)

    def _handle(self) -> Handle:
        if self.state.handle is None:
            raise ValueError(f"{self.name} has no process")
        return self.state.handle

    def _move(self, move: Signal, **changes: Any) -> None:
        self.state = advance(self.state, move, **changes)
        self._world.changed()

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._world.changed()

    def _emit(self, name: EventName, detail: str = "") -> None:
        self._world.emit(Event(self._world.clock.now(), name, self.state.workload.name, self.name, detail))
