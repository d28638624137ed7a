from __future__ import annotations

import pytest

from arena.errors import UsageError
from arena.model.breaker import BreakerPlace
from tests.arena_cli.conftest import Inside, Serve
from tests.arena_cli.fake import FakeOperator


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["web/web-2"], (BreakerPlace("web", "web-2"), None)),
        (["web", "--for", "10m"], (BreakerPlace("web"), 600.0)),
        (["--route", "all"], (BreakerPlace(route="all"), None)),
    ],
)
def test_what_is_asked_and_shown(daemon: FakeOperator, inside: Inside, words: list[str], asked: object) -> None:
    told = inside("breaker", "trip", *words)
    assert daemon.calls == [("trip", asked)]
    assert "web-2" in told.out and "closed" in told.out
    assert inside("breaker", "trip", *words, "-o", "json").json[0]["service"] == "web"


@pytest.mark.parametrize(
    "words", [["/web-2"], ["web/"], ["web/a/b"], ["web", "--for", "long"], [], ["web", "--route", "all"]]
)
def test_mistakes(daemon: FakeOperator, inside: Inside, words: list[str]) -> None:
    inside("breaker", "trip", *words, code=2)
    assert daemon.calls == []


def test_what_the_daemon_refuses(serve: Serve, inside: Inside) -> None:
    serve(FakeOperator(error=UsageError("web has no instance 'web-9'", hint="there are: web-1")))
    told = inside("breaker", "trip", "web/web-9", code=2)
    assert "web has no instance 'web-9'" in told.err and "there are: web-1" in told.err
