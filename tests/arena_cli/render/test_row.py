from __future__ import annotations

import dataclasses
import json

import pytest

from arena.model.instance import Health, InstanceRow, Status
from arena_cli.render import row
from tests.arena_cli.fake import HEALTH, ROWS

SHOWN = """\
INSTANCE      STATUS              ENDPOINT         UPTIME   CPU  MEMORY  RESTARTS   PID
registry-1    healthy             127.0.0.1:8500   2m 10s  0.3%   61 MB         0  4100
gateway-1     healthy             127.0.0.1:8000   2m 09s  1.2%   48 MB         0  4101
ai_service-1  healthy             127.0.0.1:41231     12s  142%  210 MB         1  4107
ai_service-2  unhealthy           127.0.0.1:41232  2m 08s  0.0%  209 MB         0  4108
outside-1     healthy (external)  10.0.0.7:9101         -     -       -         0     -"""


def test_ps() -> None:
    assert row.ps(ROWS).plain == SHOWN
    assert row.ps(tuple(reversed(ROWS))).plain == SHOWN


def test_instances_are_counted_and_what_runs_elsewhere_is_last() -> None:
    web, outside = ROWS[2], dataclasses.replace(ROWS[4], service="aaa", instance="aaa-1")
    rows = [dataclasses.replace(web, service="web", instance=f"web-{number}") for number in (10, 2, 1)]
    assert [r.instance for r in row.in_order([outside, *rows])] == ["web-1", "web-2", "web-10", "aaa-1"]


def test_health() -> None:
    shown = row.health(HEALTH, now=1_700_000_042.0).plain
    assert shown.splitlines()[0].split() == ["INSTANCE", "STATUS", "FOR", "ENDPOINT", "DETAIL"]
    assert shown.splitlines()[2].endswith("unhealthy  42s  127.0.0.1:4000  GET /health: refused")


def test_a_clock_that_went_back_shows_no_negative_time() -> None:
    assert " 0s " in row.health(HEALTH, now=0.0).plain


@pytest.mark.parametrize(
    ("status", "health", "word"),
    [
        ("running", "healthy", "healthy"),
        ("running", "starting", "starting"),
        ("running", "none", "running"),  # no probe: nothing is claimed about its health
        ("stopped", "healthy", "stopped"),
        ("failed", "unhealthy", "failed"),
        ("external", "unhealthy", "unhealthy"),
        ("external", "none", "external"),
    ],
)
def test_the_one_word_that_matters(status: Status, health: Health, word: str) -> None:
    assert row.state(status, health) == word


def test_json_has_the_promised_keys_in_order() -> None:
    told = json.loads(row.as_json(ROWS))
    assert [list(entry) for entry in told] == [[field.name for field in dataclasses.fields(InstanceRow)]] * len(ROWS)
    assert told[4]["pid"] is None and told[0]["rss_bytes"] == 61_000_000


def test_no_rows_is_an_empty_array() -> None:
    assert row.as_json(()) == "[]"
