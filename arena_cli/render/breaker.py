"""`arena breaker`: one line per instance, in which the workers' breakers are summed up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

from rich.text import Text

from arena.model import codec
from arena.model.breaker import BreakerRow
from arena_cli.render import unit
from arena_cli.render.palette import BAD, BUSY, FAINT, GOOD
from arena_cli.render.table import Align, table

_HEADINGS: tuple[tuple[str, Align], ...] = (
    ("SERVICE", "left"),
    ("INSTANCE", "left"),
    ("STATE", "left"),
    ("OPENED", "right"),
    ("HEALTH", "left"),
    ("WEIGHT", "right"),
    ("IN FLIGHT", "right"),
    ("URL", "left"),
)
_COLOURS = {"closed": GOOD, "half_open": BUSY, "open": BAD, "ejected": BAD, "tripped": BAD, "disabled": FAINT}
_WORST = ("tripped", "ejected", "open", "half_open", "closed", "disabled")


def as_json(rows: Sequence[BreakerRow]) -> str:
    """An array with one object for each instance and worker."""
    return json.dumps([codec.encode(row) for row in sorted(rows, key=_key)], indent=2)


def listing(rows: Sequence[BreakerRow], now: float) -> Text:
    """One line per instance; `now` in Unix seconds."""
    return table(_HEADINGS, (_cells(list(seen), now) for _, seen in groupby(sorted(rows, key=_key), key=_endpoint)))


def _cells(seen: list[BreakerRow], now: float) -> list[Text | str]:
    first = seen[0]
    name = f"route {first.route}" if first.route else first.instance
    judged: list[Text | str] = [first.service, name, _state(seen, now), str(sum(row.opened for row in seen))]
    if first.route:
        return [*judged, "-", "-", "-", "-"]
    weight = f"{min(row.weight for row in seen):g}"
    if any(row.weight != row.full_weight for row in seen):
        weight += f" of {first.full_weight:g}"
    shown = weight if any(row.in_traffic for row in seen) else Text("-", FAINT)
    return [*judged, first.health, shown, str(sum(row.in_flight for row in seen)), first.url]


def _state(seen: list[BreakerRow], now: float) -> Text:
    """The worst of the workers' states, on how many of them, and for how long."""
    worst = min(seen, key=lambda row: _WORST.index(row.state))
    text = Text(worst.state.replace("_", "-"), _COLOURS[worst.state])
    count = sum(row.state == worst.state for row in seen)
    if count < len(seen):
        text.append(f" on {count} of {len(seen)}", FAINT)
    if worst.tripped_until is not None:
        text.append(f" for {unit.uptime(max(0.0, worst.tripped_until - now))}", FAINT)
    elif worst.state == "ejected":
        text.append(f" for {unit.uptime(worst.ejected_seconds)}", FAINT)
    elif worst.state == "open":
        text.append(f" for {unit.uptime(worst.wait_seconds)}", FAINT)
    return text


def _endpoint(row: BreakerRow) -> tuple[str, str, str, str]:
    return row.service, row.route, row.instance, row.url


def _key(row: BreakerRow) -> tuple[str, str, int, str, str, str]:
    """By service, its instances first, web-2 before web-10."""
    number = row.instance.rpartition("-")[2]
    return row.service, row.route, int(number) if number.isdecimal() else 0, row.instance, row.url, row.worker
