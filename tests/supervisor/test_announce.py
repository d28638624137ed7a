"""What the registry hears, in the order it matters."""

from dataclasses import replace

from .conftest import workload

WEB = workload("web", registered=True, metadata={"version": "1"})
QUIET = workload("quiet")


async def test_only_what_is_to_be_registered_is_announced(desk):
    await desk.supervisor.apply((WEB, QUIET))
    assert list(desk.announcer.known) == ["web-1"]
    await desk.supervisor.stop()
    assert desk.announcer.log == ["announce web-1", "withdraw web-1"]


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
