from __future__ import annotations

from tests.arena_cli.conftest import Inside
from tests.arena_cli.fake import FakeOperator


def test_restart(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("restart", "web", "-t", "2s")
    assert told.out == " ✓ web-1  healthy  0.25 s  127.0.0.1:4000\n"
    assert "ai_service-1 healthy" in told.err
    assert daemon.calls == [("restart", (("web",), 2.0))]


def test_all_of_them_with_their_own_grace(daemon: FakeOperator, inside: Inside) -> None:
    inside("restart")
    assert daemon.calls == [("restart", ((), None))]
