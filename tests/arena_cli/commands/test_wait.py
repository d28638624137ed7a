from __future__ import annotations

from arena.errors import WaitTimeout
from tests.arena_cli.conftest import Inside
from tests.arena_cli.fake import FakeOperator


def test_wait(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("wait", "web", "--status", "running", "--timeout", "1m")
    assert told.out == "" and "web is running" in told.err
    assert daemon.calls == [("wait", ("web", "running", 60.0))]


def test_healthy_within_a_minute_is_what_is_meant(daemon: FakeOperator, inside: Inside) -> None:
    inside("wait", "web")
    assert daemon.calls == [("wait", ("web", "healthy", 60.0))]


def test_too_late_is_17(daemon: FakeOperator, inside: Inside) -> None:
    daemon.error = WaitTimeout("web-1 is still starting after 60 s")
    assert "web-1 is still starting" in (inside("wait", "web", code=17)).err


def test_only_a_status_there_is(daemon: FakeOperator, inside: Inside) -> None:
    assert "healthy" in (inside("wait", "web", "--status", "happy", code=2)).err
