"""Successors: started beside the running one, which ends only when they are ready."""

import asyncio
from dataclasses import replace

import pytest

from arena.errors import PartFailed
from arena.model.address import Address
from arena.model.service import Probe
from arena.supervisor.reconcile import changes
from tests.ports import free_port

from .conftest import workload

PROBE = Probe(http="/health", interval=1.0, retries=2, start_period=5.0)


@pytest.fixture
def gate():
    return workload("gate", probe=PROBE, shared=Address("127.0.0.1", free_port()), stop_grace_period=30.0)


@pytest.fixture
async def running(desk, gate):
    await desk.supervisor.apply((gate,))
    await desk.clock.advance(1)
    return desk


async def test_it_is_ready_before_the_elder_is_told_to_end(running):
    elder = running.state("gate-1")
    await running.during(running.supervisor.restart(("gate",)), 1)
    heir = running.state("gate-1")
    assert running.backend.log == ["start gate-1", "start gate-1", "stop gate-1"]
    assert heir.handle != elder.handle and heir.address != elder.address
    assert (heir.status, heir.health, heir.restarts) == ("running", "healthy", 0)
    first, second = running.backend.started
    assert first.inherit == second.inherit != ()
    assert second.environment["ARENA_LISTEN_FDS"] == str(second.inherit[0])
    assert running.told("gate-1")[-1] == "restarted"


async def test_a_later_supervisor_hands_over_too(running, gate):
    await running.supervisor.close()
    running.supervisor = running.make()
    await running.supervisor.adopt()
    await running.clock.advance(1)
    elder = running.state("gate-1")
    assert len(running.backend.started) == 1
    await running.during(running.supervisor.restart(("gate",)), 1)
    assert running.state("gate-1").handle != elder.handle
    assert running.backend.log[-2:] == ["start gate-1", "stop gate-1"]
    assert running.backend.started[-1].inherit != ()


async def test_an_heir_that_does_not_become_ready_changes_nothing(running):
    elder = running.state("gate-1")
    running.backend.sicken("gate-1", "503")
    task = await running.during(running.supervisor.restart(("gate",)), 0)
    await running.clock.advance(4)
    running.backend.cure("gate-1")
    running.backend.sicken("gate-1", "500")
    await running.clock.advance(4)
    with pytest.raises(PartFailed, match="did not become ready: 500; the old one serves on"):
        await task
    assert running.state("gate-1").handle == elder.handle
    assert running.backend.alive(elder.handle)
    running.backend.cure("gate-1")
    running.backend.log.clear()
    await running.during(running.supervisor.restart(("gate",)), 1)
    assert running.backend.log == ["start gate-1", "stop gate-1"]


async def test_an_heir_that_ends_changes_nothing(running):
    elder = running.state("gate-1")
    running.backend.sicken("gate-1")
    task = await running.during(running.supervisor.restart(("gate",)), 0)
    running.backend.exit("gate-1", 3)
    await running.clock.advance(0)
    with pytest.raises(PartFailed, match="exit code 3"):
        await task
    assert running.state("gate-1").handle == elder.handle


async def test_an_heir_that_cannot_start_changes_nothing(running):
    elder = running.state("gate-1")
    running.backend.refuse("gate-1", "no such program")
    with pytest.raises(PartFailed, match="no such program"):
        await running.supervisor.restart(("gate",))
    assert running.state("gate-1").handle == elder.handle


async def test_the_end_of_the_elder_is_waited_for_when_all_is_stopped(running):
    elder = running.state("gate-1")
    running.backend.make_stubborn("gate-1")
    await running.during(running.supervisor.restart(("gate",)), 1)
    assert running.backend.alive(elder.handle), "it has requests to finish"
    stopping = asyncio.ensure_future(running.supervisor.stop((), 2.0))
    await running.clock.advance(2)
    await stopping
    assert not running.backend.alive(elder.handle)


async def test_a_later_supervisor_leaves_the_elder_its_time(running):
    elder = running.state("gate-1")
    running.backend.make_stubborn("gate-1")
    await running.during(running.supervisor.restart(("gate",)), 1)
    await running.supervisor.close()
    running.supervisor = running.make()
    assert await running.supervisor.adopt() == ("gate-1",)
    await running.clock.advance(29)
    assert running.backend.alive(elder.handle)
    assert running.state("gate-1").leaving == (elder.handle,)
    await running.clock.advance(2)
    assert not running.backend.alive(elder.handle)
    assert running.state("gate-1").leaving == ()
    assert running.status("gate-1") == "running"


async def test_its_plan_is_a_restart_and_names_the_key(running, gate):
    keyed = replace(gate, keys={"gateway.port": "1"})
    assert not running.supervisor.plan((keyed,)), "keys alone change nothing"
    moved = replace(keyed, shared=replace(gate.shared, port=2), keys={"gateway.port": "2"})
    assert changes(keyed, moved) == "gateway.port: 1 → 2 takes a restart"
