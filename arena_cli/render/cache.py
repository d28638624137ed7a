"""`arena cache purge`: how many replies are gone."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.text import Text

from arena.model import codec
from arena.model.cache import PurgeRow
from arena_cli.render.unit import plural


def as_json(rows: Sequence[PurgeRow]) -> str:
    """An array with one object for each worker; of a store that they share, whoever came first forgot most."""
    return json.dumps([codec.encode(row) for row in rows], indent=2)


def purged(rows: Sequence[PurgeRow]) -> Text:
    """One line."""
    total = sum(row.forgot for row in rows)
    count = f"{total} kept reply" if total == 1 else f"{total} kept replies"
    return Text(f"forgot {count} on {plural(len(rows), 'gateway worker')}")
