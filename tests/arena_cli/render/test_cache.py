from __future__ import annotations

import json

from arena.model.cache import PurgeRow
from arena_cli.render.cache import as_json, purged

ROWS = (PurgeRow("gateway-1", 1), PurgeRow("gateway-2", 0))


def test_how_many_are_gone() -> None:
    assert purged(ROWS).plain == "forgot 1 kept reply on 2 gateway workers"
    assert purged(ROWS[1:]).plain == "forgot 0 kept replies on 1 gateway worker"
    assert json.loads(as_json(ROWS))[0] == {"worker": "gateway-1", "forgot": 1}
