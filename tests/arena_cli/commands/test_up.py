from __future__ import annotations

import pytest

from arena.control.messages import UpReport, UpRequest
from arena.control.operator import Listener
from arena.errors import NothingRunning, PartFailed
from tests.arena_cli.conftest import Inside, Serve
from tests.arena_cli.fake import FakeOperator
from tests.ports import free_port


def asked(daemon: FakeOperator) -> UpRequest:
    (request,) = [what for name, what in daemon.calls if name == "up"]
    assert isinstance(request, UpRequest)
    return request


def test_up_says_what_came_up_where_it_is_and_what_to_try(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("up", "-d")
    assert " ✓ gateway-1     healthy             1.50 s  127.0.0.1:8000\n" in told.out
    assert " ✗ ai_service-2  unhealthy" in told.out
    assert "demo is up  2.25 s\n  gateway   http://localhost:8000\n  registry  http://localhost:8500\n" in told.out
    assert "curl -sS http://localhost:8000/web \\\n  -H 'Authorization: Bearer ey" in told.out
    assert "ai_service-1 waiting: until gateway is healthy" in told.err
    request = asked(daemon)
    assert (request.services, request.wait_timeout, request.dry_run) == ((), 60.0, False)
    assert request.project.name == "demo" and [service.name for service in request.project.services] == ["web", "fixed"]


class Ending(FakeOperator):
    """A daemon that is about to end when it is asked first."""

    async def up(self, request: UpRequest, on_event: Listener) -> UpReport:
        if not any(name == "up" for name, _ in self.calls):
            self.calls.append(("up", None))
            raise NothingRunning("the daemon is about to end")
        return await super().up(request, on_event)


def test_a_daemon_that_ends_as_it_is_asked_is_followed_by_another(serve: Serve, inside: Inside) -> None:
    daemon = serve(Ending())
    assert "demo is up" in inside("up", "-d").out
    assert [name for name, _ in daemon.calls].count("up") == 2


def test_options_reach_the_daemon(daemon: FakeOperator, inside: Inside) -> None:
    inside("up", "-d", "web", "--wait-timeout", "2m", "--scale", "web=3", "--scale", "fixed=0")
    request = asked(daemon)
    assert request.services == ("web",) and request.wait_timeout == 120.0
    assert [service.replicas for service in request.project.services] == [3, 0]


def test_a_dry_run_shows_causes_and_changes_nothing(daemon: FakeOperator, inside: Inside) -> None:
    assert (inside("up", "--dry-run")).out == "start web-1  (not running)\n"
    assert asked(daemon).dry_run


def test_a_dry_run_needs_no_daemon_and_starts_none(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_API_PORT", str(free_port()))
    monkeypatch.setenv("SERVICE_DISCOVERY_URL", f"http://127.0.0.1:{free_port()}")
    told = inside("up", "--dry-run", "web")
    assert "start web-1" in told.out and "fixed-1" not in told.out
    assert not (inside.folder.path / ".arena").exists()


def test_unknown_names_and_impossible_scales_are_2(inside: Inside) -> None:
    assert "did you mean 'web'" in inside("up", "-d", "wbe", code=2).err
    assert "did you mean 'web'" in inside("up", "-d", "--scale", "wbe=2", code=2).err
    assert "fixed port 4999" in inside("up", "-d", "--scale", "fixed=2", code=2).err


def test_a_failed_start_shows_the_last_lines_and_what_stays_up(daemon: FakeOperator, inside: Inside) -> None:
    daemon.error = PartFailed("web-1 failed", detail="my last words", hint="its log is .arena/demo/logs/web-1.log")
    told = inside("up", "-d", code=18)
    assert told.out == ""
    assert "still up: registry-1, gateway-1" in told.err
    assert told.err.endswith("error: web-1 failed\n\n  my last words\n\nhint: its log is .arena/demo/logs/web-1.log\n")
