from __future__ import annotations

import json

from arena_cli.checkup.check import Check
from arena_cli.render import check

FOUND = (
    Check("python", "ok", "3.12.1"),
    Check("uvloop", "warn", "not installed", "pip install uvloop"),
    Check("port 8000", "fail", "held by nginx (pid 7)", "stop it"),
    Check("state", "not_checked", "there is none"),
)


def test_a_line_each_and_remedies_below() -> None:
    assert check.checks(FOUND).plain.splitlines() == [
        " ✓ python     3.12.1",
        " ! uvloop     not installed",
        "              → pip install uvloop",
        " ✗ port 8000  held by nginx (pid 7)",
        "              → stop it",
        " - state      there is none",
        "",
        "1 failed, 1 warning, 1 not checked",
    ]


def test_summaries() -> None:
    assert check.summary(FOUND[:1]) == "all well"
    assert check.summary(FOUND[1:2] * 2) == "2 warnings"


def test_json() -> None:
    assert json.loads(check.as_json(FOUND))[1] == {
        "name": "uvloop",
        "verdict": "warn",
        "detail": "not installed",
        "remedy": "pip install uvloop",
    }
