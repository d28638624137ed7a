from __future__ import annotations

import pytest

from arena.errors import UsageError
from arena.model.cache import Purge
from tests.arena_cli.conftest import Inside, Serve
from tests.arena_cli.fake import FakeOperator


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["/hats?size=9"], Purge(url="/hats?size=9")),
        (["/hats", "--prefix"], Purge(url="/hats", below=True)),
        (["--route", "shop"], Purge("shop")),
        (["https://a/hats", "--prefix", "--route", "shop"], Purge("shop", "https://a/hats", True)),
        (["--all"], Purge()),
    ],
)
def test_what_is_asked_and_shown(daemon: FakeOperator, inside: Inside, words: list[str], asked: Purge) -> None:
    told = inside("cache", "purge", *words)
    assert daemon.calls == [("purge", asked)]
    assert told.out == "forgot 7 kept replies on 2 gateway workers\n"
    assert inside("cache", "purge", *words, "-o", "json").json[0] == {"worker": "gateway-1", "forgot": 3}


@pytest.mark.parametrize(
    "words", [[], ["--prefix"], ["/hats", "--all"], ["--route", "a", "--all"], ["--prefix", "--all"]]
)
def test_mistakes(daemon: FakeOperator, inside: Inside, words: list[str]) -> None:
    told = inside("cache", "purge", *words, code=2)
    assert daemon.calls == [] and "write it like" in told.err


def test_what_the_daemon_refuses(serve: Serve, inside: Inside) -> None:
    serve(FakeOperator(error=UsageError("no route 'x' keeps replies", hint="there are: shop")))
    assert "no route 'x' keeps replies" in inside("cache", "purge", "--route", "x", code=2).err
