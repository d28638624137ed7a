"""The executor does the plan's steps, all of them, in an order that the dependencies allow."""

import asyncio
from dataclasses import replace

from arena.errors import PartFailed
from arena.model.plan import Plan, Step
from arena.supervisor.execute import execute
from arena.testing.eventually import eventually

from .conftest import workload

DB, JOB = workload("db"), workload("job")
API = workload("api", "db", "job", replicas=2)
WEB = workload("web", "api")
ALL = (WEB, API, DB, JOB)


def plan(*steps):
    """From "start web-1"."""
    parsed = [text.split() for text in steps]
    return Plan(tuple(Step(verb, name.rpartition("-")[0], name, "test") for verb, name in parsed))


class Log:
    """A crew that writes down what it is told; `hold` and `fail` name steps or dependencies."""

    def __init__(self):
        self.done = []
        self.hold = {}
        self.fail = set()

    async def _do(self, what):
        if what in self.hold:
            await self.hold[what].wait()
        if what in self.fail:
            raise PartFailed(f"{what} failed")
        self.done.append(what)

    async def start(self, step):
        await self._do(f"start {step.instance}")

    async def stop(self, step):
        await self._do(f"stop {step.instance}")

    async def restart(self, step):
        await self._do(f"restart {step.instance}")

    async def reload(self, step):
        await self._do(f"reload {step.instance}")

    async def reached(self, dependant, dependency):
        await self._do(f"{dependant.name} has {dependency.service}")

    def refuse(self, step, reason):
        self.done.append(f"refuse {step.instance}: {reason}")


async def test_starts_wait_for_what_they_depend_on():
    log = Log()
    await execute(plan("start web-1", "start api-1", "start api-2", "start db-1", "start job-1"), ALL, log)
    assert log.done == [
        "start db-1", "start job-1", "api has db", "api has job", "start api-1", "start api-2", "web has api", "start web-1",
    ]  # fmt: skip


async def test_side_by_side_where_nothing_orders():
    log = Log()
    log.hold["start db-1"] = asyncio.Event()
    task = asyncio.create_task(execute(plan("start db-1", "start job-1", "start api-1"), ALL, log))
    await eventually(lambda: log.done)
    assert log.done == ["start job-1"], "not held up by db; but api is"
    log.hold["start db-1"].set()
    await task
    assert log.done[-1] == "start api-1"


async def test_a_condition_that_cannot_be_met_refuses_the_dependants_alone():
    log = Log()
    log.fail = {"api has job"}
    await execute(plan("start api-1", "start api-2", "start db-1"), ALL, log)
    assert log.done == [
        "start db-1", "api has db", "refuse api-1: api has job failed", "refuse api-2: api has job failed",
    ]  # fmt: skip


async def test_a_dependency_that_is_not_in_the_plan_is_waited_for_too():
    log = Log()
    log.hold["web has api"] = asyncio.Event()
    task = asyncio.create_task(execute(plan("start web-1"), ALL, log))
    for _ in range(10):
        await asyncio.sleep(0)
    assert log.done == []
    log.hold["web has api"].set()
    await task
    assert log.done == ["web has api", "start web-1"]


async def test_stops_come_first_dependants_before():
    log = Log()
    await execute(plan("stop db-1", "stop web-1", "start job-1"), ALL, log)
    assert log.done == ["stop web-1", "stop db-1", "start job-1"]


async def test_restarts_go_one_after_another_and_end_with_the_first_failure():
    log = Log()
    log.fail = {"restart db-2"}
    await execute(plan("restart db-1", "restart db-2", "restart db-3", "reload job-1"), ALL, log)
    assert sorted(log.done) == [
        "refuse db-2: restart db-2 failed", "refuse db-3: restart db-2 failed", "reload job-1", "restart db-1",
    ]  # fmt: skip


async def test_an_empty_plan():
    log = Log()
    await execute(Plan(), ALL, log)
    assert log.done == []


async def test_services_are_replaced_when_the_registry_that_is_told_of_it_is_there_again():
    log = Log()
    log.hold["restart registry-1"] = asyncio.Event()
    registry = replace(workload("registry"), kind="registry")
    gateway = replace(workload("gateway"), kind="gateway")
    steps = plan("restart registry-1", "reload gateway-1", "restart db-1", "start job-1")
    running = asyncio.ensure_future(execute(steps, (registry, gateway, DB, JOB), log))
    await eventually(lambda: {"reload gateway-1", "start job-1"} <= set(log.done))
    assert "restart db-1" not in log.done
    log.hold["restart registry-1"].set()
    await running
    assert log.done[-2:] == ["restart registry-1", "restart db-1"]


async def test_a_registry_that_does_not_come_back_holds_no_service_up():
    log = Log()
    log.fail.add("restart registry-1")
    registry = replace(workload("registry"), kind="registry")
    await execute(plan("restart registry-1", "restart db-1"), (registry, DB), log)
    assert log.done[-1] == "restart db-1"
