from __future__ import annotations

import json

from arena.model.resilience import Fault
from arena_cli.chaos import Plan, Report
from arena_cli.render.chaos import as_json, intent, report
from arena_cli.traffic import Traffic

PLAN = Plan("web", "", 30.0, Fault(0.2, 10.0, 503, 10.0))
TRAFFIC = Traffic({"2xx": 95, "5xx": 5}, faults=12, fallbacks=3, retries=2)


def test_what_is_about_to_happen() -> None:
    assert intent(PLAN) == "web: 10% of the requests wait 0.2 s, 10% of the requests fail with 503, for 30 s"
    assert intent(Plan("web", "", 5.0, Fault(abort=500))) == "web: all requests fail with 500, for 5 s"
    assert intent(Plan("web", "web-2", 5.0, kill=True)) == "web: web-2 is killed, for 5 s"
    assert intent(Plan("web", "", 5.0, pause=True)) == "web: an instance stands still, for 5 s"


def test_what_came_of_it() -> None:
    told = report(Report(PLAN, 30.02, TRAFFIC)).plain
    assert "100 requests, 5 of them answered with 5xx (95 2xx, 5 5xx)" in told
    assert "12 met a fault on purpose, 3 were answered by a fallback; 2 retries" in told
    killed = Plan("web", "", 10.0, kill=True)
    assert "web-1 was there again after 1.2 s" in report(Report(killed, 10.0, TRAFFIC, "web-1", 1.23)).plain
    assert "web-1 was not there again" in report(Report(killed, 10.0, TRAFFIC, "web-1")).plain
    assert "nobody asked" in report(Report(PLAN, 1.0, Traffic({}))).plain
    assert "no gateway could be asked" in report(Report(PLAN, 1.0, None)).plain


def test_as_json() -> None:
    told = json.loads(as_json(Report(PLAN, 30.0, TRAFFIC)))
    assert told["traffic"]["failed"] == 5
    assert told["traffic"]["requests"] == {"2xx": 95, "5xx": 5}
    assert (told["instance"], told["back_after_seconds"]) == (None, None)
    assert json.loads(as_json(Report(PLAN, 1.0, None)))["traffic"] is None
