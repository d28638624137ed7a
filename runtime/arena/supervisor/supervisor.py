"""The supervisor: what the daemon asks to make a project run, and to tell how it runs."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import random
import secrets
import sys
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena import tasks
from arena.clock import Clock, SystemClock
from arena.errors import ArenaError, PartFailed
from arena.model.address import Address
from arena.model.event import Event
from arena.model.instance import InstanceRow
from arena.model.plan import Plan
from arena.model.workload import Workload
from arena.supervisor import ports
from arena.supervisor.adopt import adopt
from arena.supervisor.announce import Announcer
from arena.supervisor.backends.base import Backend, Launch
from arena.supervisor.checkup import Ask, Prober
from arena.supervisor.company import Company, Elsewhere
from arena.supervisor.execute import execute
from arena.supervisor.instance import Instance
from arena.supervisor.keeper import Keeper, World
from arena.supervisor.launch import inherited, prepare
from arena.supervisor.listening import Listening
from arena.supervisor.observed import Observed
from arena.supervisor.order import require_known, start_waves, stop_waves
from arena.supervisor.reconcile import reconcile
from arena.supervisor.records import RecordFile
from arena.supervisor.rows import rows
from arena.telemetry.collector import LogCollector
from arena.telemetry.logstore import LogStore

_log = logging.getLogger("arena.supervisor")
Variables = Callable[[Workload, str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Stopped:
    """Names of instances: those that ended as asked, and those that outlived their grace period and were killed."""

    stopped: tuple[str, ...] = ()
    killed: tuple[str, ...] = ()


class Supervisor:
    """Call `adopt` first, once, then the rest in any order; at the end `close`.

    `records` is the file instances.json, `logs` the folder of spools and journals. `announcer` tells the registry;
    `variables(workload, instance)` gives what the daemon adds to an instance's environment; `elsewhere(name)` returns when a
    service that does not run here is healthy; `on_event` hears everything.

    The newest command wins: `apply`, `restart` and `stop` call off an earlier `apply` or `restart` still at work, whose caller
    gets an ArenaError. What a command began goes on when its caller is cancelled, so a timeout around it harms nothing.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        records: Path,
        logs: Path,
        announcer: Announcer,
        variables: Variables,
        elsewhere: Elsewhere,
        on_event: Callable[[Event], None],
        clock: Clock | None = None,
        ask: Ask | None = None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._backend = backend
        self._records = RecordFile(records)
        self._logs = LogCollector(logs, clock or SystemClock())
        self._store = LogStore(logs)
        self._variables = variables
        self._base = inherited(os.environ)
        self._prober = Prober()
        self._listening = Listening()
        self._inherited_anew: dict[str, bool] = {}
        self._turn = asyncio.Lock()
        self._job: asyncio.Task[None] | None = None
        self._world = World(
            backend=backend,
            clock=clock or SystemClock(),
            announcer=announcer,
            logs=self._logs,
            ask=ask or self._prober,
            draw=draw,
            address=self._address,
            launch=self._launch,
            sockets=self._sockets,
            favour=self._favour,
            new_run=lambda: secrets.token_hex(8),
            changed=self._changed,
            emit=on_event,
        )
        self._company = Company(self._world, self.failure, elsewhere)

    async def adopt(self) -> tuple[str, ...]:
        """Take over what runs, end what an earlier daemon lost sight of; returns the names of the adopted instances."""
        self._logs.start()
        return await adopt(self._records.load(), self._company, self._world)

    def plan(self, workloads: Sequence[Workload], only: Collection[str] = ()) -> Plan:
        """What `apply` would do. Raises UsageError for an unknown name in `only`, ConfigError for a cycle."""
        return reconcile(workloads, Observed(tuple(keeper.state.seen() for keeper in self._company)), only)

    def require_ports(self, workloads: Sequence[Workload], only: Collection[str] = ()) -> None:
        """Raises PortTaken if a fixed port that `apply` would need is held by others."""
        self._require_ports(workloads, self.plan(workloads, only))

    async def apply(self, workloads: Sequence[Workload], only: Collection[str] = ()) -> Plan:
        """Make it so; returns when every step has been taken, which is not yet when everything is ready.

        Raises PortTaken before anything is done if a fixed port is held by others. An instance that fails raises nothing
        here: look at `instances`.
        """
        async with self._turn:
            await self._call_off()
            plan = self.plan(workloads, only)
            self._require_ports(workloads, plan)
            self._forget_unwanted(workloads, everything=not only)
            self._company.want(workloads, plan.steps)
            everything = {k.state.workload.name: k.state.workload for k in self._company} | {
                w.name: w for w in workloads
            }
            await self._company.refit(plan.steps)
            job = self._begin(execute(plan, tuple(everything.values()), self._company))
        await self._finish(job)
        return plan

    async def restart(self, names: Collection[str] = (), grace: float | None = None) -> None:
        """Restart the named workloads (none named: all) in order of dependency, one instance after another, each ready before
        the next. Raises UsageError for an unknown name, PartFailed when one does not come back: the rest is left as it is.
        """
        async with self._turn:
            await self._call_off()
            self._require_known(names)
            job = self._begin(self._restart(names, grace))
        await self._finish(job)

    async def stop(self, names: Collection[str] = (), grace: float | None = None) -> Stopped:
        """Stop the named workloads, dependants first. None named: all, and then nothing of the project is left, neither a
        process nor a record. `grace` None: each workload's own. Raises UsageError for an unknown name."""
        return await asyncio.shield(tasks.spawn(self._stop(names, grace), name="stop"))

    async def until(self, predicate: Callable[[], bool]) -> None:
        """Return when `predicate` is true; it is asked after each change to any instance."""
        await self._company.until(predicate)

    def instances(self, names: Collection[str] = ()) -> tuple[Instance, ...]:
        """Everything known of the instances of the named workloads (none named: all), by workload and index."""
        return self._company.states(names)

    def rows(self, everything: bool = True) -> tuple[InstanceRow, ...]:
        """The rows of `arena ps`; `everything` includes those that ended well or were stopped."""
        shown = [state for state in self._company.states() if everything or state.active or state.status == "failed"]
        handles = [state.handle for state in shown if state.handle]
        return rows(shown, self._backend.usage(handles), self._world.clock.now())

    def tail(self, instance: str, count: int = 10, since: float | None = None) -> tuple[str, ...]:
        """The last lines an instance wrote, oldest first; `since` (Unix seconds) leaves out earlier runs."""
        self._logs.drain(instance)
        return self._store.tail(instance, count, since)

    def log_file(self, instance: str) -> Path:
        """Where the lines of an instance are kept."""
        return self._logs.journal_path(instance)

    def failure(self, instance: Instance) -> PartFailed:
        """The error that tells a person of a failed instance: why, its last lines, where the rest is."""
        return PartFailed(
            f"{instance.name} {instance.status}: {instance.detail or instance.health_detail}",
            hint=f"its whole log is {self.log_file(instance.name)}",
            detail="\n".join(self.tail(instance.name, since=instance.started_at or math.inf)),
        )

    async def close(self) -> None:
        """Let go of everything; what runs goes on running, to be adopted later."""
        await self._call_off()
        for keeper in self._company:
            await keeper.let_go()
        await self._logs.close()
        await self._prober.close()
        self._listening.close()
        await self._backend.close()

    async def _stop(self, names: Collection[str], grace: float | None) -> Stopped:
        async with self._turn:
            await self._call_off()
            self._require_known(names)
            result: dict[str, bool] = {}
            for wave in stop_waves(self._workloads()):
                chosen = [w.name for w in wave if not names or w.name in names]
                keepers = [k for name in chosen for k in self._keepers_of(name) if k.state.active]
                forced = await asyncio.gather(*(keeper.stop(grace) for keeper in keepers))
                result |= {keeper.name: force for keeper, force in zip(keepers, forced, strict=True)}
            if not names:
                await self._clear()
            return Stopped(*(tuple(name for name in result if result[name] is force) for force in (False, True)))

    async def _clear(self) -> None:
        for keeper in self._company:
            await keeper.stop()  # inactive by now: this ends what is left of runs that failed or completed
        await self._backend.sweep(())
        self._company.forget(lambda _: True)

    async def _restart(self, names: Collection[str], grace: float | None) -> None:
        for wave in start_waves(self._workloads()):
            for workload in wave:
                for keeper in self._keepers_of(workload.name) if not names or workload.name in names else ():
                    await self._company.restart_instance(keeper.name, keeper.state.workload, grace)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self._job = asyncio.get_running_loop().create_task(work)
        self._job.add_done_callback(_heed)
        return self._job

    async def _finish(self, job: asyncio.Task[None]) -> None:
        try:
            await asyncio.shield(job)
        except asyncio.CancelledError:
            if job.cancelled():
                raise ArenaError("another command took over before this one was done", hint="see `arena ps`") from None
            raise

    async def _call_off(self) -> None:
        await tasks.cancel(self._job)
        for keeper in self._company:
            await keeper.idle()
            keeper.call_off()

    def _forget_unwanted(self, workloads: Sequence[Workload], *, everything: bool) -> None:
        """What no longer runs and is no longer asked for need not be shown either."""
        replicas = {workload.name: workload.replicas for workload in workloads}
        unknown = 0 if everything else sys.maxsize
        self._company.forget(lambda instance: instance.index > replicas.get(instance.workload.name, unknown))

    def _require_ports(self, workloads: Sequence[Workload], plan: Plan) -> None:
        """Every fixed port that the plan needs must be free, be given up by the plan itself, or be shared among copies."""
        by_name = {workload.name: workload for workload in workloads}
        ending = {step.instance for step in plan.steps if step.verb in ("stop", "restart")}
        sessions = {k.state.handle.pid for k in self._company if k.state.handle and k.name in ending}
        for step in plan.steps:
            if step.verb not in ("start", "restart"):
                continue
            workload = by_name[step.workload]
            if workload.port is not None:
                ports.require_free(workload.host, workload.port, workload.name, sessions)
            if workload.shared is not None and not self._listening.holds(workload.shared):
                copies = {k.state.handle.pid for k in self._keepers_of(workload.name) if k.state.handle}
                ports.require_free(workload.shared.host, workload.shared.port, workload.name, sessions | copies)

    def _require_known(self, names: Collection[str]) -> None:
        require_known(names, {workload.name for workload in self._workloads()})

    def _workloads(self) -> tuple[Workload, ...]:
        return tuple({keeper.state.workload.name: keeper.state.workload for keeper in self._company}.values())

    def _keepers_of(self, workload: str) -> list[Keeper]:
        return [keeper for keeper in self._company if keeper.state.workload.name == workload]

    def _address(self, instance: Instance) -> Address:
        """Its fixed port; or the one it had, which the gateway knows already; or a free one."""
        host, fixed = instance.workload.host, instance.workload.port
        if fixed is not None:
            return Address(host, fixed)
        taken = {k.state.address.port for k in self._company if k.state.address and k.name != instance.name}
        before = instance.address
        if before and before.host == host and before.port not in taken and ports.is_free(host, before.port):
            return before
        return Address(host, ports.pick(host, taken))

    def _launch(self, instance: Instance, run: str, output: Path) -> Launch:
        return prepare(instance, run, output, self._base, self._variables(instance.workload, instance.name))

    def _sockets(self, instance: Instance) -> tuple[int, ...]:
        shared = instance.workload.shared
        if shared is None:
            return ()
        self._inherited_anew[instance.name] = not self._listening.has(shared, instance.index)
        return self._listening.of(shared, instance.index)

    def _favour(self, heir: Instance, elder: Instance) -> None:
        """Let new connections go to `heir`. Where `elder` has the same socket, they do."""
        shared = heir.workload.shared
        if shared is None or shared != elder.workload.shared or not self._inherited_anew.pop(heir.name, False):
            return
        others = [k.state for k in self._company if k.state.workload.shared == shared and k.state.handle]
        strangers = [state for state in others if not self._listening.has(shared, state.index)]
        self._listening.favour(shared, len(strangers) + 1)  # and the elder

    def _changed(self) -> None:
        states = [keeper.state for keeper in self._company]
        self._records.save(states)
        # Not those that stop: whoever connects from now on shall not wait for them.
        staying = [state for state in states if state.active and state.status != "stopping"]
        staying += [keeper.successor for keeper in self._company if keeper.successor]
        self._listening.keep({(s.workload.shared, s.index) for s in staying if s.workload.shared})
        self._company.notify()


def _heed(job: asyncio.Task[None]) -> None:
    """The caller may be gone: then nobody else would hear of a bug."""
    if not job.cancelled() and (error := job.exception()) and not isinstance(error, ArenaError):
        _log.error("a command failed", exc_info=error)
