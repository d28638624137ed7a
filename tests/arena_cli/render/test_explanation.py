from __future__ import annotations

import json

from arena.auth.permission import Explanation
from arena_cli.render import explanation


def test_text() -> None:
    assert (
        explanation.text(Explanation(False, "no route takes this request")).plain == "no: no route takes this request"
    )
    found = Explanation(True, "because", "r", "s", "user", "s:GET:/")
    assert explanation.text(found).plain == "yes: because\n  route r of s"


def test_json() -> None:
    assert json.loads(explanation.as_json(Explanation(True, "because")))["allowed"] is True
