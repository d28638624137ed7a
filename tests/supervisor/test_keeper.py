"""One instance kept running, in scripted time."""

import asyncio

import pytest

from arena.model.service import Probe, Restart
from arena.supervisor.keeper import SETTLE_SECONDS, End, judge
from arena.testing.backend import FakeBackend

from .conftest import RULE, workload

PROBE = Probe(http="/health", interval=1.0, retries=2, start_period=5.0)
WEB = workload("web", registered=True)
SICK = workload("web", registered=True, probe=PROBE)


@pytest.mark.parametrize(
    ("when", "good", "bad", "unknown", "sick"),
    [
        ("no", "complete", "fail", "fail", "fail"),
        ("on-failure", "complete", "lose", "lose", "lose"),
        ("always", "lose", "lose", "lose", "lose"),
    ],
)
def test_what_an_end_means(when, good, bad, unknown, sick):
    ends = End(0), End(1), End(None), End(0, sick="503")
    assert tuple(judge(when, end) for end in ends) == (good, bad, unknown, sick)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (End(3), "exit code 3"),
        (End(-9), "killed by SIGKILL"),
        (End(None), "ended; its exit code went to an earlier daemon"),
        (End(sick="503"), "unhealthy: 503"),
    ],
)
def test_ends_in_words(end, words):
    assert str(end) == words


async def test_a_crash_is_followed_by_a_start_after_the_delay(desk):
    await desk.supervisor.apply((WEB,))
    desk.backend.exit("web-1", 3)
    await desk.clock.advance(0)
    state = desk.state("web-1")
    assert (state.status, state.exit_code, state.detail, state.handle) == ("restarting", 3, "exit code 3", None)
    assert desk.announcer.known == {}, "the gateway must not send to it meanwhile"
    await desk.clock.advance(0.4)
    assert desk.status("web-1") == "restarting"
    await desk.clock.advance(0.2)
    assert (desk.status("web-1"), desk.state("web-1").restarts) == ("running", 1)
    await desk.clock.advance(5 * SETTLE_SECONDS)
    assert list(desk.announcer.known) == ["web-1"]
    assert desk.told("web-1") == ["started", "exited", "restarted"]
    assert desk.events[1].detail == "exit code 3, again in 0.5 s"


async def test_each_start_is_a_run_of_its_own_at_the_same_address(desk):
    await desk.supervisor.apply((WEB,))
    desk.backend.exit("web-1", 3)
    await desk.clock.advance(1)
    first, second = desk.backend.started
    assert first.run != second.run
    assert first.environment["PORT"] == second.environment["PORT"]
    assert first.environment["TOKEN"] == "web/web-1"


async def test_it_gives_up_and_stays_to_be_seen_with_its_last_words(desk):
    await desk.supervisor.apply((WEB,))
    for number in range(RULE.max_attempts + 1):
        desk.backend.write("web-1", f"death {number}\nhalf")
        desk.backend.exit("web-1", 1)
        await desk.clock.advance(11)
    state = desk.state("web-1")
    assert (state.status, state.restarts) == ("failed", 3)
    assert state.detail == "given up after 3 restarts within 60 s: exit code 1"
    assert desk.told("web-1")[-1] == "gave_up"
    error = desk.supervisor.failure(state)
    assert error.message == f"web-1 failed: {state.detail}"
    assert error.detail.splitlines()[-2:] == ["death 3", "half"]
    assert error.hint == f"its whole log is {desk.folder / 'logs' / 'web-1.log'}"
    await desk.clock.advance(1000)
    assert len(desk.backend.started) == 4, "given up means given up"


async def test_asked_again_it_begins_with_a_clean_slate(desk):
    await test_it_gives_up_and_stays_to_be_seen_with_its_last_words(desk)
    await desk.supervisor.apply((WEB,))
    state = desk.state("web-1")
    assert (state.status, state.restarts, state.exit_code, state.detail) == ("running", 0, None, "")
    desk.backend.exit("web-1", 1)
    await desk.clock.advance(1)
    assert desk.status("web-1") == "running"


async def test_a_good_end_is_completed_under_on_failure_and_restarted_under_always(desk):
    always = workload("daemon", restart=Restart("always", delay=1.0))
    await desk.supervisor.apply((WEB, always))
    desk.backend.exit("web-1", 0)
    desk.backend.exit("daemon-1", 0)
    await desk.clock.advance(1)
    assert desk.statuses() == {"daemon-1": "running", "web-1": "completed"}
    assert desk.told("web-1")[-1] == "completed"


async def test_a_bad_end_under_no_is_failed(desk):
    await desk.supervisor.apply((workload("web", restart=Restart("no")),))
    desk.backend.exit("web-1", 2)
    await desk.clock.advance(100)
    assert desk.statuses() == {"web-1": "failed"}
    assert desk.state("web-1").detail == "exit code 2"


async def test_what_cannot_start_is_failed_at_once(desk):
    desk.backend.refuse("web-1", "no program named 'x'")
    await desk.supervisor.apply((WEB,))
    await desk.clock.advance(100)
    assert desk.status("web-1") == "failed"
    assert "no program named 'x'" in desk.state("web-1").detail
    assert desk.backend.started == []


async def test_without_a_probe_it_is_ready_when_it_did_not_end_at_once(desk):
    await desk.supervisor.apply((WEB,))
    assert (desk.status("web-1"), desk.state("web-1").ready) == ("running", False)
    await desk.clock.advance(0.6)
    assert desk.state("web-1").ready
    assert desk.state("web-1").seconds_to_ready == 0.5
    desk.backend.exit("web-1", 1)
    await desk.clock.advance(0.6)
    assert (desk.status("web-1"), desk.state("web-1").ready) == ("running", False), "a new run settles anew"


async def test_a_machine_that_refuses_is_a_failure_not_a_bug(desk, monkeypatch):
    async def refuse(launch):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(FakeBackend, "start", lambda self, launch: refuse(launch))
    await desk.supervisor.apply((WEB,))
    assert desk.status("web-1") == "failed"
    assert "web-1 cannot start" in desk.state("web-1").detail
    assert "Too many open files" in desk.state("web-1").detail


async def test_asked_again_it_waits_until_the_last_run_is_cleaned_up(desk, monkeypatch):
    clean, stop = asyncio.Event(), FakeBackend.stop

    async def slow(self, handle, grace):
        await clean.wait()
        return await stop(self, handle, grace)

    monkeypatch.setattr(FakeBackend, "stop", slow)
    await desk.supervisor.apply((workload("web", restart=Restart("no")),))
    desk.backend.exit("web-1", 1)
    await desk.clock.advance(0)
    applying = await desk.during(desk.supervisor.apply((WEB,)), 0)
    assert desk.status("web-1") == "pending"
    clean.set()
    await applying
    assert desk.status("web-1") == "running"
    assert desk.state("web-1").handle.run == desk.backend.started[-1].run


async def test_healthy_is_told_once_with_the_time_it_took(desk):
    desk.backend.sicken("web-1")
    await desk.supervisor.apply((SICK,))
    await desk.clock.advance(2)
    assert (desk.state("web-1").health, desk.state("web-1").ready) == ("starting", False)
    assert desk.state("web-1").health_detail == "no answer"
    desk.backend.cure("web-1")
    await desk.clock.advance(3)
    state = desk.state("web-1")
    assert (state.health, state.ready, state.health_detail) == ("healthy", True, "ok")
    assert 2 <= state.seconds_to_ready <= 2.3
    assert desk.told("web-1") == ["started", "healthy"]


async def test_an_unhealthy_one_is_stopped_and_started(desk):
    await desk.supervisor.apply((SICK,))
    await desk.clock.advance(0.5)
    desk.backend.sicken("web-1", "503")
    await desk.clock.advance(1.7)
    state = desk.state("web-1")
    assert (state.status, state.health, state.detail) == ("restarting", "unhealthy", "unhealthy: 503")
    assert desk.backend.log == ["start web-1", "stop web-1"]
    assert desk.announcer.log == ["announce web-1", "withdraw web-1"]
    desk.backend.cure("web-1")
    await desk.clock.advance(1)
    assert (desk.status("web-1"), desk.state("web-1").health) == ("running", "healthy")
    assert desk.told("web-1") == ["started", "healthy", "unhealthy", "exited", "restarted", "healthy"]


async def test_an_unhealthy_one_that_must_not_restart_stays_and_may_recover(desk):
    await desk.supervisor.apply((workload("web", probe=PROBE, restart=Restart("no")),))
    await desk.clock.advance(0.5)
    desk.backend.sicken("web-1")
    await desk.clock.advance(10)
    assert (desk.status("web-1"), desk.state("web-1").health) == ("running", "unhealthy")
    desk.backend.cure("web-1")
    await desk.clock.advance(1)
    assert desk.state("web-1").health == "healthy"
    assert desk.told("web-1") == ["started", "healthy", "unhealthy", "healthy"]


async def test_stopping_withdraws_before_the_signal(desk):
    order = []
    desk.announcer.log = desk.backend.log = order
    await desk.supervisor.apply((WEB,))
    await desk.clock.advance(SETTLE_SECONDS)
    await desk.supervisor.stop({"web"})
    assert order == ["start web-1", "announce web-1", "withdraw web-1", "stop web-1"]
    assert desk.told("web-1") == ["started", "stopping", "stopped"]


async def test_a_stop_during_the_back_off_calls_the_restart_off(desk):
    await desk.supervisor.apply((WEB,))
    desk.backend.exit("web-1", 1)
    await desk.clock.advance(0.1)
    await desk.supervisor.stop({"web"})
    await desk.clock.advance(100)
    assert desk.status("web-1") == "stopped"
    assert len(desk.backend.started) == 1


async def test_force_is_told(desk):
    await desk.supervisor.apply((WEB,))
    desk.backend.make_stubborn("web-1")
    stopping = await desk.during(desk.supervisor.stop({"web"}), WEB.stop_grace_period + 1)
    assert (await stopping).killed == ("web-1",)
    assert desk.told("web-1") == ["started", "stopping", "killed"]
    assert desk.state("web-1").detail == "killed after its grace period"


async def test_a_stop_whose_caller_leaves_is_carried_through(desk):
    await desk.supervisor.apply((WEB,))
    desk.backend.make_stubborn("web-1")
    stopping = await desk.during(desk.supervisor.stop({"web"}), 1.0)
    stopping.cancel()
    await desk.clock.advance(WEB.stop_grace_period)
    assert desk.status("web-1") == "stopped"
    assert desk.backend.running() == ()
