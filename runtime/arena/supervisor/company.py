"""All keepers of a project, and what is true of several of them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence

from arena.errors import PartFailed
from arena.model.event import Event
from arena.model.plan import Step
from arena.model.service import Dependency
from arena.model.workload import Workload
from arena.supervisor.condition import judge, words
from arena.supervisor.instance import Instance
from arena.supervisor.keeper import Keeper, World

Elsewhere = Callable[[str], Awaitable[None]]


class Company:
    """Keepers by instance name, in order of workload and index. It is the `execute.Crew`.

    `failure` makes the error that tells of a failed instance, its last lines included; `elsewhere` returns when a
    service that is not here is healthy.
    """

    def __init__(self, world: World, failure: Callable[[Instance], PartFailed], elsewhere: Elsewhere) -> None:
        self._world = world
        self._failure = failure
        self._elsewhere = elsewhere
        self._keepers: dict[str, Keeper] = {}
        self._workloads: dict[str, Workload] = {}
        self._changed = asyncio.Event()

    def __iter__(self) -> Iterator[Keeper]:
        return iter(list(self._keepers.values()))

    def states(self, names: Collection[str] = ()) -> tuple[Instance, ...]:
        """The instances of the named workloads; of all if none is named."""
        return tuple(k.state for k in self._keepers.values() if not names or k.state.workload.name in names)

    def add(self, state: Instance) -> Keeper:
        """Keep one more instance."""
        keeper = Keeper(self._world, state)
        self._keepers[state.name] = keeper
        ordered = sorted(self._keepers.values(), key=lambda k: (k.state.workload.name, k.state.index))
        self._keepers = {keeper.name: keeper for keeper in ordered}
        return keeper

    def forget(self, gone: Callable[[Instance], bool]) -> None:
        """Drop the inactive instances of which `gone` is true."""
        self._keepers = {
            name: keeper for name, keeper in self._keepers.items() if keeper.state.active or not gone(keeper.state)
        }
        self._world.changed()

    def want(self, workloads: Sequence[Workload], steps: Sequence[Step]) -> None:
        """Take in what is now asked for, and mark the instances that `steps` will start."""
        self._workloads |= {workload.name: workload for workload in workloads}
        for step in steps:
            if step.verb == "start":
                workload = self._workloads[step.workload]
                keeper = self._keepers.get(step.instance) or self.add(Instance(workload, _index(step)))
                keeper.ask(workload)

    async def refit(self, steps: Sequence[Step]) -> None:
        """Give the instances that `steps` leave alone what changes without their noticing."""
        touched = {step.instance for step in steps}
        for keeper in self:
            workload = self._workloads.get(keeper.state.workload.name)
            if workload and keeper.name not in touched and workload.spec_hash == keeper.state.workload.spec_hash:
                await keeper.refit(workload)

    def notify(self) -> None:
        """Something changed: wake whoever waits."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, predicate: Callable[[], bool]) -> None:
        """Return when `predicate` is true; it is asked again after each change to any instance."""
        while not predicate():
            await self._changed.wait()

    async def start(self, step: Step) -> None:
        await self._keepers[step.instance].start()

    async def stop(self, step: Step) -> None:
        await self._keepers[step.instance].stop()
        self.forget(lambda instance: instance.name == step.instance)

    async def restart(self, step: Step) -> None:
        await self.restart_instance(step.instance, self._workloads[step.workload], None)

    async def reload(self, step: Step) -> None:
        self._keepers[step.instance].reload(self._workloads[step.workload])

    def refuse(self, step: Step, reason: str) -> None:
        self._keepers[step.instance].refuse(reason)

    async def restart_instance(self, name: str, workload: Workload, grace: float | None) -> None:
        """Replace it by a successor where copies share an address; else stop, start, and wait until it is ready. Raises
        PartFailed if it fails."""
        keeper = self._keepers[name]
        if keeper.state.status == "running" and keeper.state.workload.shared and workload.shared:
            await keeper.hand_over(workload, grace)
            return
        if keeper.state.active:
            await keeper.stop(grace, again=workload)
        else:
            keeper.ask(workload)
        await keeper.start()
        await self.until(lambda: keeper.state.ready or _hopeless(keeper.state))
        if not keeper.state.ready:
            raise self._failure(keeper.state)

    async def reached(self, dependant: Workload, dependency: Dependency) -> None:
        def verdict() -> str:
            return judge(dependency.condition, self._of(dependency.service))

        outside = dependency.condition == "service_healthy" and not self._of(dependency.service)
        if verdict() == "waiting" or outside:
            detail = f"for {dependency.service} {words(dependency.condition)}"
            self._world.emit(Event(self._world.clock.now(), "waited", dependant.name, "", detail))
        if outside:
            await self._elsewhere(dependency.service)
        await self.until(lambda: verdict() != "waiting")
        if verdict() == "impossible":
            culprit = next(i for i in self._of(dependency.service) if judge(dependency.condition, [i]) == "impossible")
            why = culprit.detail or culprit.status
            raise PartFailed(f"{dependant.name} needs {dependency.service} {words(dependency.condition)}, but: {why}")

    def _of(self, workload: str) -> tuple[Instance, ...]:
        return self.states((workload,))


def _hopeless(instance: Instance) -> bool:
    """It will not become ready by waiting."""
    unwell_for_good = instance.health == "unhealthy" and instance.workload.restart.when == "no"
    return instance.status in ("failed", "stopped") or unwell_for_good


def _index(step: Step) -> int:
    return int(step.instance.rpartition("-")[2])
