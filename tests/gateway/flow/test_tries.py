"""gateway.tries: waiting for one thing at a time, and for nothing once it is over."""

from __future__ import annotations

import asyncio
from typing import cast

from arena.gateway.exchange import Exchange
from arena.gateway.flow.tries import Tries, is_late


class Bare:
    """What `Tries` needs of an exchange."""

    def __init__(self) -> None:
        self.over = False
        self.tries: Tries | None = None
        self.ends: list[object] = []

    def at_end(self, end: object) -> None:
        self.ends.append(end)


def bare() -> tuple[Exchange, Tries]:
    x = cast("Exchange", Bare())
    x.tries = Tries()
    return x, x.tries


async def test_only_the_last_wait_counts() -> None:
    x, tries = bare()
    called: list[str] = []
    done = asyncio.Event()
    tries.wait(x, 0.0, lambda _x: called.append("first"))
    tries.wait(x, 0.01, lambda _x: (called.append("second"), done.set()))
    await done.wait()
    assert called == ["second"]


async def test_nothing_is_called_after_it_is_settled() -> None:
    x, tries = bare()
    called: list[str] = []
    tries.until(x, 0.0, lambda _x: called.append("deadline"))
    tries.wait(x, 0.0, lambda _x: called.append("wait"))
    tries.settle()
    await asyncio.sleep(0.01)
    assert called == []
    assert cast("Bare", x).ends


def test_what_was_begun_at_an_earlier_turn_is_late() -> None:
    x, tries = bare()
    assert not is_late(x, 0)
    tries.turn += 1
    assert is_late(x, 0)
    assert not is_late(x, 1)
    x.over = True
    assert is_late(x, 1)
