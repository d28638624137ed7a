"""`arena logs`: by service, by trace, as JSON, as it happens."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys

from tests.e2e.conftest import Sandbox, poll

SERVICES = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /web}]
  other:
    command: python echo_service.py
"""


def test_one_trace_over_gateway_and_service(sandbox: Sandbox) -> None:
    sandbox.write(SERVICES)
    sandbox.arena("up", "-d")
    with sandbox.client() as client:
        replies = [client.get(f"/web/{number}", headers={"x-request-id": f"mine-{number}"}) for number in range(3)]
    trace = replies[1].headers["traceparent"].split("-")[1]
    found = poll(lambda: sandbox.json("logs", "--trace", trace), lambda lines: len(lines) >= 2)
    assert {line["service"] for line in found} == {"gateway", "web"}
    assert {line["trace_id"] for line in found} == {trace}
    by_request = sandbox.json("logs", "--trace", "mine-2")
    assert [line["service"] for line in by_request] == ["gateway"]


def test_services_and_tail_narrow_the_answer(sandbox: Sandbox) -> None:
    sandbox.write(SERVICES)
    sandbox.arena("up", "-d")
    lines = poll(lambda: sandbox.json("logs", "web", "other"), lambda lines: len(lines) >= 2)
    assert {line["service"] for line in lines} == {"web", "other"}
    assert len(sandbox.json("logs", "-n", "1", "web")) == 1
    assert "did you mean" in sandbox.arena("logs", "wbe", code=2).stderr.lower()
    text = sandbox.arena("logs", "web").stdout
    assert "web-1" in text and "echo starts" in text


def test_follow_prints_one_json_object_a_line_as_it_comes(sandbox: Sandbox) -> None:
    sandbox.write(SERVICES)
    sandbox.arena("up", "-d")
    follower = subprocess.Popen(
        [sys.executable, "-m", "arena_cli", "logs", "web", "-f", "-n", "0", "-o", "json"],
        cwd=sandbox.directory, env=dict(os.environ), text=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert follower.stdout is not None
    try:
        with sandbox.client() as client:
            poll(lambda: client.get("/web/").status_code, lambda _: _has_input(follower))
        assert json.loads(follower.stdout.readline())["message"] == "echoed"
    finally:
        follower.terminate()
        follower.communicate(timeout=10)


def _has_input(follower: subprocess.Popen[str]) -> bool:
    return bool(select.select([follower.stdout], [], [], 0)[0])
