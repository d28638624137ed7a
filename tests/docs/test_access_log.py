"""docs/access-log.md: every outcome, every member, and the level that the gateway gives them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from arena.gateway.exchange import Outcome
from tests.gateway.flow.test_record import MEMBERS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "access-log.md").read_text()


def first_cells(section: str) -> list[str]:
    table = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
    return [name for row in table.splitlines() if row.startswith("| `") for name in _names(row.split("|")[1])]


def test_every_outcome_is_told() -> None:
    assert first_cells("Outcomes") == list(get_args(Outcome))


def test_every_member_is_told() -> None:
    assert first_cells("Members") == MEMBERS


def _names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)
