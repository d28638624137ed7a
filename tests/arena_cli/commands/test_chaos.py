from __future__ import annotations

import pytest

from arena.auth.ledger import Ledger
from arena.model.chaos import Injection
from tests.arena_cli.conftest import Inside
from tests.arena_cli.fake import FakeOperator


def test_a_short_one(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("chaos", "ai_service", "--delay", "200ms", "--percent", "10", "--for", "50ms", "--yes")
    assert "ai_service: 10% of the requests wait 0.2 s, for 0.05 s" in told.err
    assert "put right after" in told.out
    assert Ledger(inside.folder.layout.chaos, Injection).read() == ()
    assert (
        inside("chaos", "ai_service", "--abort", "503", "--for", "50ms", "-y", "-o", "json").json["service"]
        == "ai_service"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ai_service"], "nothing is to go wrong"),
        (["ai_service", "--kill", "--pause"], "not both"),
        (["ai_service/ai_service-1", "--delay", "1s"], "the whole service's"),
        (["ai_service", "--delay", "1s", "--for", "2h"], "at most an hour"),
        (["ai_service", "--abort", "200"], "400"),
        (["ai_service", "--abort", "503", "--percent", "0"], "0.01"),
        (["ai_service", "--pause", "--percent", "50", "--yes"], "--percent is of requests"),
        (["gateway", "--kill"], "no service 'gateway' runs"),
        (["outside", "--pause", "--yes"], "nothing of outside runs here"),
        (["ai_service", "--abort", "503"], "nobody can be asked here"),
    ],
)
def test_mistakes_change_nothing(daemon: FakeOperator, inside: Inside, words: list[str], message: str) -> None:
    told = inside("chaos", *words, code=2)
    assert message in told.err
    assert not inside.folder.layout.chaos.exists()
