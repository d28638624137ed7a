from __future__ import annotations

from tests.arena_cli.conftest import Inside, Serve
from tests.arena_cli.fake import BREAKERS, FakeOperator


def test_a_line_per_instance_and_an_object_per_worker(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("breaker", "list").out
    assert [line.split()[:3] for line in told.splitlines()] == [
        ["SERVICE", "INSTANCE", "STATE"],
        ["web", "web-1", "open"],
        ["web", "web-2", "closed"],
        ["web", "route", "all"],
    ]
    rows = inside("breaker", "list", "-o", "json").json
    assert [(row["worker"], row["instance"]) for row in rows] == [
        ("gateway-1", "web-1"),
        ("gateway-2", "web-1"),
        ("gateway-1", "web-2"),
        ("gateway-2", "web-2"),
        ("gateway-1", ""),
    ]
    assert len(rows) == len(BREAKERS)


def test_nothing_registered_is_a_note(serve: Serve, inside: Inside) -> None:
    serve(FakeOperator(breakers_now=()))
    told = inside("breaker", "list")
    assert (told.out, "no instance is registered" in told.err) == ("", True)
    assert inside("breaker", "list", "-o", "json").json == []
