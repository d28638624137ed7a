"""`arena key create` and `list`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.text import Text

from arena.model import codec
from arena_cli.keys import CreatedKey, ListedKey
from arena_cli.render import unit
from arena_cli.render.palette import BAD, FAINT
from arena_cli.render.table import Align, table

NOT_ACCEPTED = "no gateway of this project accepts it yet: set `api_keys: true` in gateway.auth, then `arena up`"

_LIST: tuple[tuple[str, Align], ...] = (
    ("ID", "left"),
    ("NAME", "left"),
    ("ROLES", "left"),
    ("CREATED", "left"),
    ("EXPIRES", "left"),
    ("LAST USED", "left"),
)


def as_json(value: CreatedKey | Sequence[ListedKey]) -> str:
    """One object, or an array of them. Times in Unix seconds."""
    return json.dumps(codec.encode(value), indent=2)


def created(value: CreatedKey) -> Text:
    """A note beside the key: for whom, with which roles, until when, and that it is shown once."""
    told = f"key {value.id} for {value.name}"
    if value.roles:
        told += f", role{'s' if len(value.roles) > 1 else ''} {', '.join(value.roles)}"
    until = "valid until it is revoked" if value.expires_at is None else f"valid until {unit.moment(value.expires_at)}"
    return Text(f"{told}; {until}; keep it now, it is not shown again", FAINT)


def listing(keys: Sequence[ListedKey], now: float) -> Text:
    """One line per key."""
    return table(_LIST, (_row(key, now) for key in keys))


def _row(key: ListedKey, now: float) -> tuple[Text | str, ...]:
    created_at, used_at = (unit.ago(at, now) for at in (key.created_at, key.last_used_at))
    return key.id, key.name, ", ".join(key.roles) or "-", created_at, _expiry(key.expires_at, now), used_at


def _expiry(at: float | None, now: float) -> Text | str:
    if at is None:
        return "never"
    return Text("expired", BAD) if at <= now else f"in {unit.uptime(at - now)}"
