from __future__ import annotations

from dataclasses import replace

from arena.daemon import readiness
from arena.errors import PartFailed
from arena.model.service import Dependency
from arena.model.workload import Workload
from arena.supervisor.instance import Instance

WEB = Instance(Workload("web", "service", ("run",), "/p"), 1, status="running", health="healthy", started_at=1.0)
WAITING = replace(WEB, index=2, health="starting", health_detail="connection refused")
FAILED = replace(WEB, index=3, status="failed", health="none", detail="exit code 1")
DEPENDANT = replace(FAILED, index=4, started_at=None, detail="web failed")
FLAPPING = replace(WEB, index=5, status="restarting", health="none", restarts=2, detail="exit code 2, again in 1 s")
ALL = (WEB, WAITING, FAILED, DEPENDANT, FLAPPING)


def test_missing_names_what_is_not_ready_and_what_is_not_there() -> None:
    assert readiness.missing(["web-1", "web-2", "web-9"], ALL) == ["web-2", "web-9"]


def test_a_job_that_others_wait_for_is_ready_when_it_has_completed() -> None:
    after = Workload(
        "after", "service", ("run",), "/p", depends_on=(Dependency("web", "service_completed_successfully"),)
    )
    jobs = readiness.jobs((WEB.workload, after))
    assert jobs == {"web"}
    assert readiness.missing(["web-1"], (WEB,), jobs) == ["web-1"]
    assert readiness.missing(["web-1"], (replace(WEB, status="completed"),), jobs) == []


def test_what_failed_by_itself_comes_before_what_depended_on_it() -> None:
    bad = readiness.failed(["web-4", "web-3"], (), (DEPENDANT, FAILED, WEB))
    assert [instance.name for instance in bad] == ["web-3", "web-4"]


def test_an_instance_that_keeps_ending_has_failed_only_for_the_up_that_started_it() -> None:
    assert readiness.failed(["web-5"], {"web-5"}, ALL) == [FLAPPING]
    assert readiness.failed(["web-5"], (), ALL) == []
    assert readiness.failed(["web-5"], {"web-5"}, (replace(FLAPPING, restarts=1),)) == []


def test_one_error_names_all_that_failed() -> None:
    errors = [PartFailed("web-3 failed: exit code 1", hint="log", detail="boom"), PartFailed("web-4 failed")]
    error = readiness.failure(errors, [FAILED, DEPENDANT])
    assert (error.message, error.detail) == ("web-3 failed: exit code 1 (failed as well: web-4)", "boom")
    flaps = readiness.failure([PartFailed("x")], [FLAPPING])
    assert flaps.message == "web-5 ended 3 times without once being ready: exit code 2, again in 1 s"


def test_a_timeout_says_what_was_last_seen() -> None:
    error = readiness.too_late(["web-1", "web-2", "web-9"], ALL, 3.0)
    assert error.message == "not ready after 3 s: web-2 (starting: connection refused); web-9 (not started)"
    assert "arena logs web" in error.hint
