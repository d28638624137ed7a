from __future__ import annotations

from dataclasses import replace

import pytest

from arena.model.breaker import BreakerRow
from arena_cli.render.breaker import listing

ROW = BreakerRow(
    "gateway-1", "web", "closed", 2, 0.0, None,
    instance="web-1", url="http://127.0.0.1:1", health="passing", in_flight=3,
)  # fmt: skip


def cells(*rows: BreakerRow) -> str:
    """The line below the headings, its columns a space apart."""
    (_, line) = listing(rows, 100.0).plain.splitlines()
    return " ".join(line.split())


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([ROW], "web web-1 closed 2 passing 1 3 http://127.0.0.1:1"),
        (
            [replace(ROW, state="ejected", ejected_seconds=29.5, in_traffic=False), replace(ROW, state="open")],
            "web web-1 ejected on 1 of 2 for 29s 4 passing 1 6 http://127.0.0.1:1",
        ),
        ([replace(ROW, state="half_open")], "web web-1 half-open 2 passing 1 3 http://127.0.0.1:1"),
        (
            [replace(ROW, state="tripped", tripped_until=160.0, in_traffic=False)],
            "web web-1 tripped for 1m 00s 2 passing - 3 http://127.0.0.1:1",
        ),
        (
            [replace(ROW, state="tripped", in_traffic=False)],
            "web web-1 tripped 2 passing - 3 http://127.0.0.1:1",
        ),
        (
            [ROW, replace(ROW, worker="gateway-2", state="open", wait_seconds=5.0)],
            "web web-1 open on 1 of 2 for 5s 4 passing 1 6 http://127.0.0.1:1",
        ),
        ([replace(ROW, route="all", instance="", url="")], "web route all closed 2 - - - -"),
        ([replace(ROW, weight=0.25, full_weight=3.0)], "web web-1 closed 2 passing 0.25 of 3 3 http://127.0.0.1:1"),
    ],
)
def test_lines(rows: list[BreakerRow], line: str) -> None:
    assert cells(*rows) == line


def test_web_2_comes_before_web_10() -> None:
    rows = [replace(ROW, instance=name) for name in ("web-10", "web-2", "web-1")]
    assert [line.split()[1] for line in listing(rows, 0.0).plain.splitlines()[1:]] == ["web-1", "web-2", "web-10"]
