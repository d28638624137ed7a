from __future__ import annotations

from arena.model.breaker import BreakerPlace
from tests.arena_cli.conftest import Inside
from tests.arena_cli.fake import FakeOperator


def test_what_is_asked_and_shown(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("breaker", "reset", "web/web-2")
    assert "web-2" in told.out and "closed" in told.out
    inside("breaker", "reset", "--route", "all", "-o", "json")
    assert daemon.calls == [("reset", BreakerPlace("web", "web-2")), ("reset", BreakerPlace(route="all"))]
    inside("breaker", "reset", "web/", code=2)
