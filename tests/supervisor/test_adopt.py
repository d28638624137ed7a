"""A supervisor takes over from one that died, in scripted time. With real processes: test_end_to_end."""

import json

from .conftest import workload
from .test_keeper import SICK, WEB


async def die(desk):
    """The daemon is gone without a word; the next one takes over."""
    await desk.supervisor.close()
    desk.announcer.known.clear()
    desk.events.clear()
    desk.supervisor = desk.make()
    return await desk.supervisor.adopt()


async def test_what_runs_is_adopted_as_it_is(desk):
    await desk.supervisor.apply((SICK,))
    before = desk.state("web-1")
    assert await die(desk) == ("web-1",)
    after = desk.state("web-1")
    assert (after.handle, after.address, after.started_at) == (before.handle, before.address, before.started_at)
    await desk.clock.advance(0.1)
    assert desk.state("web-1").health == "healthy"
    assert list(desk.announcer.known) == ["web-1"]
    assert desk.told() == ["adopted", "healthy"]
    assert not desk.supervisor.plan((SICK,)), "a second `up` has nothing to do"


async def test_an_adopted_one_is_kept_like_any_other(desk):
    await desk.supervisor.apply((WEB,))
    await die(desk)
    desk.backend.exit("web-1", None)
    await desk.clock.advance(1)
    assert (desk.status("web-1"), desk.state("web-1").restarts) == ("running", 1)


async def test_an_adopted_one_can_be_stopped(desk):
    await desk.supervisor.apply((WEB,))
    await die(desk)
    assert (await desk.supervisor.stop()).stopped == ("web-1",)
    assert desk.backend.running() == ()


async def test_what_ended_meanwhile_is_stopped_and_its_last_lines_are_kept(desk):
    await desk.supervisor.apply((WEB,))
    await desk.supervisor.close()
    desk.backend.write("web-1", "written while nobody looked\nhalf")
    desk.backend.exit("web-1", 1)
    assert await die(desk) == ()
    assert desk.status("web-1") == "stopped"
    assert desk.state("web-1").detail == "ended while no daemon was watching"
    assert desk.supervisor.tail("web-1") == ("written while nobody looked", "half")
    assert str(desk.supervisor.plan((WEB,))) == "start web-1 (not running)"


async def test_what_runs_without_a_record_is_ended(desk):
    """Started, and the daemon dead before it could write it down."""
    await desk.supervisor.apply((WEB, workload("db")))
    await desk.supervisor.close()
    records = desk.folder / "instances.json"
    records.write_text(json.dumps([r for r in json.loads(records.read_text()) if r["workload"]["name"] == "db"]))
    assert await die(desk) == ("db-1",)
    assert desk.backend.running() == ("db-1",)
    assert [event.detail for event in desk.events if event.name == "killed"] == [
        "web-1 (pid 1001), left over from an earlier run"
    ]


async def test_unreadable_records_end_everything_rather_than_run_it_twice(desk, caplog):
    await desk.supervisor.apply((WEB,))
    await desk.supervisor.close()
    (desk.folder / "instances.json").write_text("{")
    assert await die(desk) == ()
    assert desk.backend.running() == ()
    await desk.supervisor.apply((WEB,))
    assert desk.backend.running() == ("web-1",)


async def test_a_job_that_was_done_stays_done(desk):
    job = workload("job")
    await desk.supervisor.apply((job,))
    desk.backend.exit("job-1", 0)
    await desk.clock.advance(0)
    await die(desk)
    assert desk.status("job-1") == "completed"
    assert not desk.supervisor.plan((job,))


async def test_one_that_was_being_stopped_when_the_daemon_died_is_adopted(desk):
    await desk.supervisor.apply((WEB,))
    desk.backend.make_stubborn("web-1")
    await desk.during(desk.supervisor.stop({"web"}), 1.0)
    records = (desk.folder / "instances.json").read_text()
    assert json.loads(records)[0]["status"] == "stopping"
    other = desk.make()
    assert await other.adopt() == ("web-1",)
    await other.close()
    await desk.clock.advance(20)
