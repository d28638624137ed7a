"""Carries a plan out: in order of dependency, side by side where nothing orders. It decides nothing.

A workload's steps wait until those of its dependencies are done and their conditions met. If one cannot be met, the starts
that wait for it are refused, with the reason. Restarts of one workload go one instance after another, each ready before the
next; when one fails the rest are left as they are, so that a bad change does not take down what still serves. They wait for a
registry that is restarted by the same plan: whoever stops is struck off there first, or requests would still be sent to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from arena.errors import ArenaError
from arena.model.plan import Plan, Step
from arena.model.service import Dependency
from arena.model.workload import Workload
from arena.supervisor.order import stop_waves


class Crew(Protocol):
    """Who does the work of each step."""

    async def start(self, step: Step) -> None: ...

    async def stop(self, step: Step) -> None: ...

    async def restart(self, step: Step) -> None:
        """Returns when it is ready again. Raises PartFailed."""
        ...

    async def reload(self, step: Step) -> None: ...

    async def reached(self, dependant: Workload, dependency: Dependency) -> None:
        """Returns when the dependency's condition is met. Raises PartFailed if it cannot be any more."""
        ...

    def refuse(self, step: Step, reason: str) -> None:
        """The step will not be done."""
        ...


async def execute(plan: Plan, workloads: Sequence[Workload], crew: Crew) -> None:
    """Do every step of `plan`. `workloads` are those it speaks of, also the ones that are to go."""
    for wave in stop_waves(workloads):
        names = {workload.name for workload in wave}
        await asyncio.gather(
            *(crew.stop(step) for step in plan.steps if step.verb == "stop" and step.workload in names)
        )
    by_name = {workload.name: workload for workload in workloads}
    todo = _group(plan)
    done = {name: asyncio.Event() for name in todo}
    registries = [done[name] for name in todo if by_name[name].kind == "registry"]
    async with asyncio.TaskGroup() as group:
        for name, steps in todo.items():
            replaced = by_name[name].kind == "service" and any(step.verb == "restart" for step in steps)
            group.create_task(_bring_up(by_name[name], steps, done, registries if replaced else [], crew))


def _group(plan: Plan) -> dict[str, list[Step]]:
    todo: dict[str, list[Step]] = {}
    for step in plan.steps:
        if step.verb != "stop":
            todo.setdefault(step.workload, []).append(step)
    return todo


async def _bring_up(
    workload: Workload, steps: list[Step], done: dict[str, asyncio.Event], first: Sequence[asyncio.Event], crew: Crew
) -> None:
    left = list(steps)
    try:
        for event in first:
            await event.wait()
        for dependency in workload.depends_on:
            if dependency.service in done:
                await done[dependency.service].wait()
            await crew.reached(workload, dependency)
        await asyncio.gather(*(crew.start(step) for step in steps if step.verb == "start"))
        left = [step for step in steps if step.verb != "start"]
        while left:
            await (crew.restart if left[0].verb == "restart" else crew.reload)(left[0])
            del left[0]
    except ArenaError as error:
        for step in left:
            crew.refuse(step, error.message)
    finally:
        done[workload.name].set()
