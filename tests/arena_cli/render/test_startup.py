from __future__ import annotations

import json
import shlex

import pytest

from arena.control.messages import DownReport, PartReport, UpReport
from arena.model.plan import Plan, Step
from arena.model.project import GatewaySettings, Project
from arena_cli.example import Example
from arena_cli.render import startup

PROJECT = Project("demo", "/x", gateway=GatewaySettings(port=8080))
PLAN = Plan((Step("start", "web", "web-1", "not running"), Step("restart", "ai", "ai-10", "command changed")))


def test_a_plan_gives_causes() -> None:
    assert startup.plan(PLAN).plain == "start web-1    (not running)\nrestart ai-10  (command changed)"
    assert startup.plan(Plan()).plain == "nothing to do"


def test_parts_are_aligned_components_first() -> None:
    parts = (
        PartReport("web", "web-1", "running", "healthy", 1.5, "127.0.0.1:4000"),
        PartReport("job", "job-1", "completed", "none", 12.25),
        PartReport("bad", "bad-1", "failed", "none", None),
        PartReport("gateway", "gateway-1", "running", "healthy", 0.5, "127.0.0.1:8080"),
    )
    assert startup.parts(parts).plain.splitlines() == [
        " ✓ gateway-1  healthy    0.50 s  127.0.0.1:8080",
        " ✗ bad-1      failed",
        " ✓ job-1      completed  12.2 s",
        " ✓ web-1      healthy    1.50 s  127.0.0.1:4000",
    ]


def test_the_summary_says_whether_anything_was_done() -> None:
    assert startup.summary(PROJECT, UpReport(PLAN, (), 2.0)).plain.startswith("demo is up  2.00 s\n")
    assert "nothing to do" in startup.summary(PROJECT, UpReport(Plan(), (), 0.1)).plain
    assert "http://localhost:8080" in startup.summary(PROJECT, UpReport(PLAN, (), 2.0)).plain


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "localhost"),
        ("0.0.0.0", "localhost"),
        ("::", "localhost"),
        ("10.0.0.7", "10.0.0.7"),
        ("fe80::1", "[fe80::1]"),
    ],
)
def test_addresses_work_from_this_machine(host: str, shown: str) -> None:
    assert startup.reachable(host) == shown


def words(command: str) -> list[str]:
    return shlex.split(command.replace("\\\n", " "))


def test_curl_is_what_a_shell_reads_back() -> None:
    body = {"prompt": "it's a test", "n": 1}
    command = startup.curl(Example("POST", "/ai/generate", body), "http://localhost:1", "to.ken")
    assert words(command) == [
        "curl", "-sS", "http://localhost:1/ai/generate", "-H", "Authorization: Bearer to.ken",
        "-H", "Content-Type: application/json", "-d", json.dumps(body),
    ]  # fmt: skip


def test_curl_without_token_or_body() -> None:
    assert startup.curl(Example("GET", "/web"), "http://localhost:1", "") == "curl -sS http://localhost:1/web"
    assert words(startup.curl(Example("PUT", "/web"), "http://localhost:1", ""))[2:4] == ["-X", "PUT"]
    assert words(startup.curl(Example("POST", "/web"), "http://localhost:1", ""))[2:4] == ["-X", "POST"]


def test_curl_names_the_host_that_a_route_wants() -> None:
    asked = startup.curl(Example("GET", "/web", host="www.a.org"), "http://localhost:1", "")
    assert words(asked) == ["curl", "-sS", "http://localhost:1/web", "-H", "Host: www.a.org"]


def test_what_was_stopped() -> None:
    assert startup.stopped(DownReport(("a-1",), (), 0.5)).plain == "stopped 1 instance  0.50 s"
    cases = {
        (("a-1",), ("b-1",)): "stopped 2 instances, 1 of them killed after its grace period: b-1  0.50 s",
        (("a-1",), ("b-1", "c-1")): "stopped 3 instances, 2 of them killed after their grace period: b-1, c-1  0.50 s",
        ((), ("b-1", "c-1")): "stopped 2 instances, all of them killed after their grace period: b-1, c-1  0.50 s",
        ((), ("b-1",)): "stopped 1 instance, killed after its grace period: b-1  0.50 s",
    }
    for (stopped, hard), told in cases.items():
        assert startup.stopped(DownReport(stopped, hard, 0.5)).plain == told
    assert startup.stopped(DownReport(())).plain == "nothing was running"
