"""`arena ps` and `arena health`: one line per instance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.text import Text

from arena.control.messages import HealthRow, PartReport
from arena.model import codec
from arena.model.instance import Health, InstanceRow, Status
from arena_cli.render import unit
from arena_cli.render.palette import FAINT, STATES
from arena_cli.render.table import Align, table

R = TypeVar("R", InstanceRow, HealthRow, PartReport)

_COMPONENTS = {"registry": 0, "state": 1, "gateway": 2}

_PS: tuple[tuple[str, Align], ...] = (
    ("INSTANCE", "left"),
    ("STATUS", "left"),
    ("ENDPOINT", "left"),
    ("UPTIME", "right"),
    ("CPU", "right"),
    ("MEMORY", "right"),
    ("RESTARTS", "right"),
    ("PID", "right"),
)

_HEALTH: tuple[tuple[str, Align], ...] = (
    ("INSTANCE", "left"),
    ("STATUS", "left"),
    ("FOR", "right"),
    ("ENDPOINT", "left"),
    ("DETAIL", "left"),
)


def state(status: Status, health: Health) -> str:
    """Status and health as the one word that matters: a running instance is as good as its health."""
    return health if status in ("running", "external") and health != "none" else status


def state_text(status: Status, health: Health) -> Text:
    """`state`, in its colour; what runs elsewhere says so."""
    word = state(status, health)
    text = Text(word, STATES.get(word, ""))
    if status == "external" and word != status:
        text.append(" (external)", FAINT)
    return text


def in_order(rows: Iterable[R]) -> list[R]:
    """Arena's own components first, then services by name, web-2 before web-10; what runs elsewhere last."""
    return sorted(rows, key=_place)


def _place(row: InstanceRow | HealthRow | PartReport) -> tuple[int, bool, str, int, str]:
    number = row.instance.rpartition("-")[2]
    return (
        _COMPONENTS.get(row.service, len(_COMPONENTS)),
        row.status == "external",
        row.service,
        int(number) if number.isdecimal() else 0,
        row.instance,
    )


def ps(rows: Sequence[InstanceRow]) -> Text:
    """The table of `arena ps`."""
    return table(_PS, (_ps_cells(row) for row in in_order(rows)))


def health(rows: Sequence[HealthRow], now: float) -> Text:
    """The table of `arena health`; `now` in Unix seconds."""
    return table(_HEALTH, (_health_cells(row, now) for row in in_order(rows)))


def as_json(rows: Iterable[R]) -> str:
    """One array, one object per row, the promised keys, in the order of the table."""
    return json.dumps([codec.encode(row) for row in in_order(rows)], indent=2)


def _ps_cells(row: InstanceRow) -> list[Text | str]:
    return [
        row.instance,
        state_text(row.status, row.health),
        row.endpoint or "-",
        unit.uptime(row.uptime_s),
        unit.percent(row.cpu_percent),
        unit.size(row.rss_bytes),
        Text(str(row.restarts), STATES["restarting"] if row.restarts else ""),
        str(row.pid) if row.pid is not None else "-",
    ]


def _health_cells(row: HealthRow, now: float) -> list[Text | str]:
    since = unit.uptime(max(0.0, now - row.since)) if row.since is not None else "-"
    return [row.instance, state_text(row.status, row.health), since, row.endpoint or "-", row.detail]
