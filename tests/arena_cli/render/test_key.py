from __future__ import annotations

import json

from arena_cli.keys import CreatedKey, ListedKey
from arena_cli.render import key


def test_the_note_beside_a_new_key() -> None:
    made = CreatedKey("arena_x", "id1", "partner", ("user",), 0.0, None)
    told = key.created(made).plain
    assert told == "key id1 for partner, role user; valid until it is revoked; keep it now, it is not shown again"
    until = CreatedKey("arena_x", "id1", "partner", (), 0.0, 3600.0)
    assert "key id1 for partner; valid until 1970-01-01 " in key.created(until).plain


def test_a_line_per_key() -> None:
    rows = [
        ListedKey("id1", "one", ("user", "ops"), 0.0, None, 90.0),
        ListedKey("id2", "two", (), 40.0, 160.0, None),
        ListedKey("id3", "old", (), 40.0, 50.0, 45.0),
    ]
    one, two, old = (
        [cell.strip() for cell in line.split("  ") if cell] for line in key.listing(rows, 100.0).plain.splitlines()[1:]
    )
    assert one == ["id1", "one", "user, ops", "1m 40s ago", "never", "10s ago"]
    assert two == ["id2", "two", "-", "1m 00s ago", "in 1m 00s", "never"]
    assert old == ["id3", "old", "-", "1m 00s ago", "expired", "55s ago"]


def test_json() -> None:
    assert json.loads(key.as_json([ListedKey("id", "n", ("a",), 0.0, None, None)]))[0]["roles"] == ["a"]
