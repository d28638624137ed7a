"""The Operator of a running project: each call is a few words to the supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import logging
import os
import shutil
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from arena import __version__, tasks
from arena.auth.identity import GATEWAY, REGISTRY
from arena.control.messages import DaemonInfo, DownReport, HealthRow, UpReport, UpRequest
from arena.control.operator import Listener
from arena.daemon import component, desired, elsewhere, enforcement, readiness, report
from arena.daemon.breakers import Breakers
from arena.daemon.desired import Desired
from arena.daemon.elsewhere import Elsewhere
from arena.daemon.identity import Identities
from arena.daemon.purges import Purges
from arena.daemon.registration import Registrations
from arena.daemon.worker import Workers
from arena.errors import ArenaError, NothingRunning, UsageError, WaitTimeout
from arena.model.address import Address
from arena.model.breaker import BreakerPlace, BreakerRow
from arena.model.cache import Purge, PurgeRow
from arena.model.event import Event
from arena.model.instance import Health, InstanceRow, Status
from arena.model.layout import StateLayout
from arena.model.logline import LogLine, LogQuery
from arena.model.plan import Plan
from arena.model.project import RegistrySettings
from arena.model.service import Service
from arena.model.workload import Workload
from arena.registry.client import RegistryClient
from arena.supervisor.backends.process import ProcessBackend
from arena.supervisor.instance import Instance
from arena.supervisor.order import select
from arena.supervisor.supervisor import Supervisor
from arena.telemetry.logstore import LogStore

_log = logging.getLogger("arena.daemon")


class DaemonOperator:
    """Call `start` once, then the Operator's calls; `finished` is set when the daemon has nothing more to do."""

    def __init__(self, layout: StateLayout, directory: Path) -> None:
        self.finished = asyncio.Event()
        self._layout = layout
        self._directory = directory
        self._began = time.time()
        self._desired: Desired | None = None
        self._listeners: set[Listener] = set()
        self._logs = LogStore(layout.logs)
        self._registrations = Registrations(self._open_registry)
        self._identities = Identities(layout)
        self._renewing: asyncio.Task[None] | None = None
        self._leaving = False
        self._elsewhere = Elsewhere(
            self._registrations, lambda: self._desired.project if self._desired else None, self._tell
        )
        workers = Workers(self._gateways, partial(self._identities.own, GATEWAY))
        self._breakers = Breakers(layout.breaker_orders, workers)
        self._purges = Purges(layout.cache_purges, workers)
        self._supervisor = Supervisor(
            ProcessBackend(str(layout.root)),
            records=layout.instances,
            logs=layout.logs,
            announcer=self._registrations,
            variables=self._variables,
            elsewhere=self._elsewhere.healthy,
            on_event=self._tell,
        )

    async def start(self) -> None:
        """Adopt what an earlier daemon left running and go on with what it was asked for."""
        try:
            self._desired = desired.load(self._layout)  # first: it says where the registry is
        except (ValueError, ArenaError) as error:
            _log.error("what was last asked for cannot be read, so nothing is started: %s", error)
        self._renewing = tasks.spawn(self._identities.keep(), name="identities")
        adopted = await self._supervisor.adopt()
        if adopted and self._desired is not None:
            _log.info("adopted %s", ", ".join(adopted))
            tasks.spawn(self._resume(self._desired), name="resume")

    def leave(self) -> None:
        """Stop everything and end: what SIGTERM asks for."""
        self._leaving = True
        tasks.spawn(self.down(None, False, lambda _: None), name="down")

    def abandon(self) -> None:
        """Stop what this daemon started, and end: the state folder is gone. What stands in its place by then is another
        daemon's, processes and files."""
        tasks.spawn(self._abandon(), name="abandon")

    async def close(self) -> None:
        """Let go of what still runs."""
        if self._renewing is not None:
            await tasks.cancel(self._renewing)
        await self._registrations.close()
        await self._supervisor.close()

    async def info(self) -> DaemonInfo:
        return DaemonInfo(os.getpid(), __version__, self._layout.root.name, str(self._directory), self._began)

    async def up(self, request: UpRequest, on_event: Listener) -> UpReport:
        if self._leaving or self.finished.is_set():
            raise NothingRunning("the daemon is about to end", hint="run the command again in a moment")
        wanted = Desired.of(request.project, self._layout)
        only = component.here(request.project, wanted.workloads, request.services)
        plan = self._supervisor.plan(wanted.workloads, only)
        if request.dry_run:
            self._supervisor.require_ports(wanted.workloads, only)
            return UpReport(plan, (), 0.0)
        began = time.monotonic()
        with self._hearing(on_event):
            for step in plan.steps:
                on_event(Event(time.time(), "planned", step.workload, step.instance, step.cause))
            await self._adjust(wanted, plan, only, request)
        here = report.parts(self._supervisor, instance_names(select(wanted.workloads, only)))
        there = report.external_parts(await self._elsewhere.seen(self._elsewhere.named(request.services)))
        return UpReport(plan, (*here, *there), time.monotonic() - began)

    async def down(self, grace: float | None, volumes: bool, on_event: Listener) -> DownReport:
        began, asked = time.monotonic(), self._desired
        with self._hearing(on_event):
            await self._registrations.outside(())
            ended = await self._supervisor.stop((), grace)
        if self._desired is not asked:
            # The newest command wins: what an `up` has written meanwhile is what it starts from.
            raise ArenaError("another command took over before this one was done", hint="see `arena ps`")
        layout = self._layout
        self._identities.forget()
        for file in (
            layout.desired,
            layout.instances,
            layout.gateway_spec,
            layout.trust,
            layout.store_config,
            layout.breaker_orders,
            layout.cache_purges,
        ):
            file.unlink(missing_ok=True)
        if volumes:
            self._forget()
        self.finished.set()
        return DownReport(ended.stopped, ended.killed, time.monotonic() - began)

    async def restart(self, services: tuple[str, ...], grace: float | None, on_event: Listener) -> UpReport:
        for name in services:
            self._require(name)
        elsewhere.refuse(self._elsewhere.named(services), "restart it")
        began = time.monotonic()
        chosen = services or tuple(w.name for w in self._workloads() if w.kind == "service")
        with self._hearing(on_event):
            await self._supervisor.restart(chosen, grace)
        names = [instance.name for instance in self._supervisor.instances(chosen)]
        return UpReport(Plan(), report.parts(self._supervisor, names), time.monotonic() - began)

    async def wait(self, service: str, status: Status | Health, timeout: float, on_event: Listener) -> None:
        self._require(service)
        outside = self._elsewhere.named((service,))
        work = self._elsewhere.become(outside[0], status) if outside else self._become(service, status)
        with self._hearing(on_event):
            try:
                await asyncio.wait_for(work, timeout)
            except TimeoutError:
                raise WaitTimeout(
                    f"{service} is not {status} after {timeout:g} s: {await self._told(service)}"
                ) from None

    async def _become(self, service: str, status: Status | Health) -> None:
        def reached() -> bool:
            states = self._supervisor.instances((service,))
            if any(state.status == "failed" for state in states) and status != "failed":
                raise self._supervisor.failure(next(state for state in states if state.status == "failed"))
            if status in ("healthy", "unhealthy") and any(state.workload.probe is None for state in states):
                raise readiness.unprobed(service)
            return bool(states) and all(status in (state.status, state.health) for state in states)

        await self._supervisor.until(reached)

    async def _told(self, service: str) -> str:
        """How each instance of it was last seen."""
        here = [f"{s.name} is {s.status}, {s.health}" for s in self._supervisor.instances((service,))]
        there = [str(each) for each in await self._elsewhere.seen(self._elsewhere.named((service,)))]
        return ", ".join((*here, *there)) or "there is no instance of it"

    async def rows(self, everything: bool) -> tuple[InstanceRow, ...]:
        return (*self._supervisor.rows(everything), *report.external_rows(await self._elsewhere.seen()))

    async def health(self) -> tuple[HealthRow, ...]:
        troubles = self._registrations.troubles
        shown = [state for state in self._supervisor.instances() if state.active or state.status == "failed"]
        open_doors = await enforcement.open_doors(self._guarded(shown))
        inside = [
            report.health_row(state, troubles.get(state.name, ""), open_doors.get(state.name, "")) for state in shown
        ]
        return (*inside, *report.external_health(await self._elsewhere.seen()))

    async def breakers(self) -> tuple[BreakerRow, ...]:
        return await self._breakers.rows()

    async def trip(self, place: BreakerPlace, seconds: float | None) -> tuple[BreakerRow, ...]:
        return await self._breakers.trip(place, seconds)

    async def reset(self, place: BreakerPlace) -> tuple[BreakerRow, ...]:
        return await self._breakers.reset(place)

    async def purge(self, what: Purge) -> tuple[PurgeRow, ...]:
        return await self._purges.purge(what)

    async def logs(self, query: LogQuery) -> AsyncGenerator[LogLine, None]:
        instances = {instance.name for instance in self._supervisor.instances()}
        for name in query.services:
            if name not in instances:
                self._require(name)
        elsewhere.refuse(self._elsewhere.named(query.services), "show its log")
        async with contextlib.aclosing(self._logs.query(query)) as lines:
            async for line in lines:
                yield line

    async def _adjust(self, wanted: Desired, plan: Plan, only: tuple[str, ...], request: UpRequest) -> None:
        """Carry out the plan and wait until all of it is ready, what was named and runs elsewhere too."""
        try:
            self._supervisor.require_ports(wanted.workloads, only)  # before anything is changed
        except ArenaError:
            self._end_if_idle()
            raise
        moved = self._desired is not None and self._desired.project.registry != wanted.project.registry
        self._desired = wanted
        wanted.save(self._layout)
        self._identities.follow(wanted.project)
        if moved:
            await self._registrations.change_registry()
        named = self._elsewhere.named(request.services)
        try:
            async with asyncio.timeout(request.wait_timeout):
                await self._carry_out(wanted, plan, only)
                await self._elsewhere.ready(named)
        except TimeoutError:
            raise await self._too_late(wanted, only, named, request.wait_timeout) from None
        finally:
            self._end_if_idle()

    async def _too_late(
        self, wanted: Desired, only: tuple[str, ...], named: tuple[Service, ...], timeout: float
    ) -> WaitTimeout:
        names = instance_names(select(wanted.workloads, only))
        late = [str(each) for each in await self._elsewhere.seen(named) if not each.ready]
        return readiness.too_late(names, self._supervisor.instances(), timeout, readiness.jobs(wanted.workloads), late)

    def _end_if_idle(self) -> None:
        """When nothing came of an `up`, do not stay for nothing."""
        if not any(instance.active for instance in self._supervisor.instances()):
            self.finished.set()

    async def _carry_out(self, wanted: Desired, plan: Plan, only: tuple[str, ...]) -> None:
        """Apply, and return when everything chosen is ready. Raises PartFailed as soon as that will not be."""
        names = instance_names(select(wanted.workloads, only))
        fresh = {step.instance for step in plan.steps if step.verb in ("start", "restart")}
        jobs = readiness.jobs(wanted.workloads)
        before = self._supervisor.instances()

        def settled() -> bool:
            # What `apply` has not touched yet says nothing of this start.
            states = [state for state in self._supervisor.instances() if state.name not in fresh or state not in before]
            bad = readiness.failed(names, fresh, states)
            if bad:
                raise readiness.failure([self._supervisor.failure(state) for state in bad], bad)
            return apply.done() and not readiness.missing(names, states, jobs)

        apply = asyncio.ensure_future(self._supervisor.apply(wanted.workloads, only))
        watch = asyncio.ensure_future(self._supervisor.until(settled))
        try:
            await asyncio.wait({apply, watch}, return_when=asyncio.FIRST_COMPLETED)
            if watch.done():
                watch.result()
            await apply
            await tasks.cancel(watch)  # it looks only when something changes, and the end of `apply` changes nothing
            await self._elsewhere.keep()
            await self._supervisor.until(settled)
        finally:
            await tasks.cancel(apply, watch)

    async def _resume(self, wanted: Desired) -> None:
        """What died while no daemon was watching is started again."""
        try:
            wanted.save(self._layout)  # what follows from the Project may have changed: a secret, Arena's version
            self._identities.follow(wanted.project)
            await self._supervisor.apply(wanted.workloads)
            await self._elsewhere.keep()
        except ArenaError as error:
            _log.error("could not go on with what was asked for: %s", error, extra={"hint": error.hint})

    def _guarded(self, instances: Sequence[Instance]) -> dict[str, Address]:
        """Where those run that should refuse strangers."""
        services = self._desired.project.services if self._desired else ()
        guarded = {service.name for service in services if service.allow_from is not None}
        return {
            instance.name: instance.address
            for instance in instances
            if instance.workload.name in guarded and instance.status == "running" and instance.address is not None
        }

    def _workloads(self) -> tuple[Workload, ...]:
        return self._desired.workloads if self._desired else ()

    async def _abandon(self) -> None:
        try:
            if names := [workload.name for workload in self._workloads()]:
                await self._supervisor.stop(names)
        finally:
            self.finished.set()

    def _require(self, name: str) -> None:
        names = [w.name for w in self._workloads()] + [service.name for service in self._elsewhere.services]
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(names))}"
            raise UsageError(f"there is no service {name!r} in this project", hint=hint)

    def _variables(self, workload: Workload, _instance: str) -> Mapping[str, str]:
        """What an instance gets beside its own environment. Components read their secrets from files."""
        if workload.kind != "service":
            return {}
        return {"ARENA_IDENTITY_FILE": str(self._layout.identity(workload.name))}

    def _open_registry(self) -> RegistryClient:
        url = self._desired.project.registry.url if self._desired else RegistrySettings().url
        return RegistryClient(url, partial(self._identities.own, REGISTRY))

    def _gateways(self) -> dict[str, Address]:
        """Where each gateway worker that runs answers by itself."""
        found = self._supervisor.instances(("gateway",)) if self._desired else ()
        return {one.name: one.address for one in found if one.status == "running" and one.address is not None}

    @contextlib.contextmanager
    def _hearing(self, listener: Listener) -> Iterator[None]:
        self._listeners.add(listener)
        try:
            yield
        finally:
            self._listeners.discard(listener)

    def _tell(self, event: Event) -> None:
        _log.info("%s %s", event.instance or event.workload, event.name, extra={"detail": event.detail})
        for listener in tuple(self._listeners):
            listener(event)

    def _forget(self) -> None:
        shutil.rmtree(self._layout.logs, ignore_errors=True)
        for file in (self._layout.registry_state, self._layout.gateway_snapshot, self._layout.daemon_log):
            file.unlink(missing_ok=True)


def instance_names(workloads: Sequence[Workload]) -> list[str]:
    """Every instance that these workloads come to."""
    return [workload.instance_name(index) for workload in workloads for index in range(1, workload.replicas + 1)]
