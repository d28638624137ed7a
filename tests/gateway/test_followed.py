"""gateway.followed: lists in files."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from arena.auth.ledger import Ledger
from arena.errors import ConfigError
from arena.gateway.followed import Followed
from arena.model.breaker import BreakerOrder

ORDER = BreakerOrder("trip", "web", "", 1.0)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger[BreakerOrder]:
    return Ledger(tmp_path / "list.json", BreakerOrder)


async def test_it_is_read_at_once_and_after_each_change(ledger: Ledger[BreakerOrder]) -> None:
    seen: list[tuple[BreakerOrder, ...]] = []
    followed = Followed(ledger, lambda rows: seen.append(tuple(rows)))
    assert (seen, await followed.refresh()) == ([()], False)
    ledger.update(lambda _: [ORDER])
    assert (await followed.refresh(), await followed.refresh()) == (True, False)
    ledger.path.unlink()
    assert await followed.refresh()
    assert seen == [(), (ORDER,), ()]


async def test_one_that_breaks_leaves_the_last_good_one(
    ledger: Ledger[BreakerOrder], caplog: pytest.LogCaptureFixture
) -> None:
    ledger.update(lambda _: [ORDER])
    seen: list[tuple[BreakerOrder, ...]] = []
    followed = Followed(ledger, lambda rows: seen.append(tuple(rows)))
    with caplog.at_level(logging.ERROR):
        ledger.path.write_text("{")
        assert [await followed.refresh() for _ in range(3)] == [False] * 3
    assert seen == [(ORDER,)]
    assert caplog.text.count("going on with the last good list") == 1
    ledger.path.unlink()
    ledger.update(lambda _: [ORDER, ORDER])
    assert await followed.refresh()
    assert seen[-1] == (ORDER, ORDER)


async def test_whether_it_may_be_unreadable_at_first(ledger: Ledger[BreakerOrder]) -> None:
    ledger.path.write_text("{")
    ledger.path.chmod(0o600)
    with pytest.raises(ConfigError, match="is damaged"):
        Followed(ledger, lambda _: None)
    seen: list[tuple[BreakerOrder, ...]] = []
    followed = Followed(ledger, lambda rows: seen.append(tuple(rows)), lenient=True)
    ledger.path.unlink()
    ledger.update(lambda _: [ORDER])
    assert await followed.refresh()
    assert seen == [(ORDER,)]
