"""Several instances at once: dependencies, rolling restarts, selections."""

from dataclasses import replace

import pytest

from arena.errors import PartFailed
from arena.model.service import Probe

from .conftest import workload

PROBE = Probe(http="/health", interval=1.0, retries=2, start_period=5.0)
DB = workload("db", probe=PROBE)
JOB = workload("migrate")
API = workload("api", ("db", "service_healthy"), ("migrate", "service_completed_successfully"))


async def test_dependants_wait_for_health_and_completion_and_say_so(desk):
    desk.backend.sicken("db-1")
    applying = await desk.during(desk.supervisor.apply((API, DB, JOB)), 1.0)
    assert desk.statuses() == {"api-1": "pending", "db-1": "running", "migrate-1": "running"}
    desk.backend.cure("db-1")
    await desk.clock.advance(1.0)
    assert desk.status("api-1") == "pending"
    desk.backend.exit("migrate-1", 0)
    await desk.clock.advance(0)
    assert desk.status("api-1") == "running"
    await applying
    waits = [event.detail for event in desk.events if event.name == "waited"]
    assert waits == ["for db to be healthy", "for migrate to complete"]


async def test_a_dependency_that_fails_fails_its_dependants_with_the_reason(desk):
    web = workload("web", "api")
    applying = await desk.during(desk.supervisor.apply((web, API, DB, JOB)), 1.0)
    for _ in range(4):
        desk.backend.exit("migrate-1", 5)
        await desk.clock.advance(11)
    await applying
    assert desk.status("db-1") == "running"
    assert desk.status("api-1") == desk.status("web-1") == "failed"
    why = "api needs migrate to complete, but: given up after 3 restarts within 60 s: exit code 5"
    assert desk.state("api-1").detail == why
    assert desk.state("web-1").detail == f"web needs api to start, but: {why}"
    assert "api-1" not in desk.backend.log


async def test_a_dependency_that_runs_elsewhere_holds_nobody_up(desk):
    await desk.supervisor.apply((workload("web", "external"),))
    assert desk.status("web-1") == "running"
    assert desk.waited == []


async def test_a_dependency_that_runs_elsewhere_and_shall_be_healthy_is_waited_for(desk):
    desk.outside.clear()
    applying = await desk.during(desk.supervisor.apply((workload("web", ("external", "service_healthy")),)), 5.0)
    assert (desk.status("web-1"), desk.waited) == ("pending", ["external"])
    assert [event.detail for event in desk.events if event.name == "waited"] == ["for external to be healthy"]
    desk.outside.set()
    await desk.clock.advance(0)
    await applying
    assert desk.status("web-1") == "running"


async def test_a_change_rolls_through_the_replicas_each_ready_before_the_next(desk):
    web = workload("web", replicas=3, probe=PROBE)
    await desk.supervisor.apply((web,))
    await desk.clock.advance(1)
    desk.backend.log.clear()
    desk.backend.sicken("web-2")
    applying = await desk.during(desk.supervisor.apply((replace(web, command=("new",)),)), 2.0)
    assert desk.backend.log == ["stop web-1", "start web-1", "stop web-2", "start web-2"]
    desk.backend.cure("web-2")
    await desk.clock.advance(2.0)
    await applying
    assert desk.backend.log[-2:] == ["stop web-3", "start web-3"]
    assert [launch.command for launch in desk.backend.started[-3:]] == [("new",)] * 3
    assert not desk.supervisor.plan((replace(web, command=("new",)),))


async def test_a_bad_change_leaves_what_still_serves(desk):
    web = workload("web", replicas=3)
    bad = replace(web, command=("bad",))
    await desk.supervisor.apply((web,))
    desk.backend.refuse("web-1", "no such program")
    await desk.supervisor.apply((bad,))
    assert desk.statuses() == {"web-1": "failed", "web-2": "running", "web-3": "running"}
    assert [launch.command for launch in desk.backend.started] == [("web",)] * 3
    assert str(desk.supervisor.plan((bad,))).count("restart") == 2, "the next `up` tries again"


async def test_restart_goes_one_after_another_and_raises_when_one_does_not_come_back(desk):
    await desk.supervisor.apply((workload("web", replicas=2), workload("db")))
    desk.backend.log.clear()
    await (await desk.during(desk.supervisor.restart({"web"}), 2.0))
    assert desk.backend.log == ["stop web-1", "start web-1", "stop web-2", "start web-2"]
    desk.backend.refuse("web-1", "gone")
    with pytest.raises(PartFailed, match="web-1 failed"):
        await desk.supervisor.restart({"web"})
    assert desk.status("web-2") == "running"


async def test_restart_brings_back_what_had_failed(desk):
    desk.backend.refuse("web-1", "gone")
    await desk.supervisor.apply((workload("web"),))
    desk.backend._refused.clear()
    await (await desk.during(desk.supervisor.restart({"web"}), 1.0))
    assert desk.status("web-1") == "running"
