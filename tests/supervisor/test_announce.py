"""What the registry hears, in the order it matters."""

from dataclasses import replace

from arena.model.service import Probe
from arena.supervisor.keeper import SETTLE_SECONDS
from arena.testing.eventually import eventually

from .conftest import workload

WEB = workload("web", registered=True, metadata={"version": "1"})
QUIET = workload("quiet")


async def test_only_what_is_to_be_registered_is_announced(desk):
    await desk.supervisor.apply((WEB, QUIET))
    assert desk.announcer.known == {}, "nobody asks it, and it may not listen yet"
    await desk.clock.advance(SETTLE_SECONDS)
    assert list(desk.announcer.known) == ["web-1"]
    await desk.supervisor.stop()
    assert desk.announcer.log == ["announce web-1", "withdraw web-1"]


async def test_one_that_the_registry_asks_is_announced_at_once(desk):
    await desk.supervisor.apply((replace(WEB, probe=Probe(http="/health")),))
    assert list(desk.announcer.known) == ["web-1"]


async def test_one_with_a_command_for_a_probe_is_announced_when_that_says_healthy(desk):
    await desk.supervisor.apply((replace(WEB, probe=Probe(command=("check",))),))
    await eventually(lambda: desk.state("web-1").health == "healthy")
    await eventually(lambda: list(desk.announcer.known) == ["web-1"])


async def test_new_metadata_are_announced_without_a_restart(desk):
    await desk.supervisor.apply((WEB,))
    plan = await desk.supervisor.apply((replace(WEB, metadata={"version": "2"}),))
    assert not plan
    assert desk.announcer.metadata == {"web-1": {"version": "2"}}
    assert len(desk.backend.started) == 1


async def test_what_ended_well_is_withdrawn_too(desk):
    await desk.supervisor.apply((WEB,))
    desk.backend.exit("web-1", 0)
    await desk.clock.advance(0)
    assert desk.announcer.known == {}
