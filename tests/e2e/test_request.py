"""A request through a running project, and every way it can be refused."""

from __future__ import annotations

import os
import signal

from tests import plain
from tests.e2e.conftest import Sandbox, poll

SERVICES = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    deploy: {replicas: 2}
    routes:
      - {path: /web, strip_path: true, roles: [user]}
      - {name: scarce, path: /scarce, rate_limits: [{algorithm: token_bucket, rate: 1/min, burst: 2, by: principal}]}
"""
PROBLEM = {"type", "title", "status", "detail", "request_id"}


def test_answers_and_refusals(sandbox: Sandbox) -> None:
    sandbox.write(SERVICES)
    sandbox.arena("up", "-d")
    with sandbox.client() as client:
        good = client.post("/web/say?a=1", json={"hello": "you"}, headers={"x-forwarded-for": "6.6.6.6"})
        assert good.status_code == 200
        told = good.json()
        assert told["path"] == "/say?a=1" and told["body"] == '{"hello":"you"}'
        assert told["headers"]["x-forwarded-for"] == "127.0.0.1"
        assert good.headers["x-request-id"] == told["headers"]["x-request-id"]
        assert good.headers["traceparent"].split("-")[1] == told["headers"]["traceparent"].split("-")[1]
        refusals = {
            401: client.get("/web/", headers={"authorization": ""}),
            403: client.get(
                "/web/", headers={"authorization": f"Bearer {sandbox.token('--sub', 'eve', '--role', 'guest')}"}
            ),
            404: client.get("/nowhere"),
            429: [client.get("/scarce") for _ in range(3)][-1],
        }
        for status, reply in refusals.items():
            assert reply.status_code == status, reply.text
            assert reply.headers["content-type"] == "application/problem+json"
            assert set(reply.json()) >= PROBLEM
        assert int(refusals[429].headers["retry-after"]) > 0
        listing = plain.get(f"http://127.0.0.1:{sandbox.port}/services").text
        assert "web" in listing and "127.0.0.1" not in listing
        assert client.get("/health").status_code == 200
        assert "arena_" in client.get("/metrics").text


def test_an_instance_that_dies_costs_no_get_and_comes_back(sandbox: Sandbox) -> None:
    sandbox.write(SERVICES)
    sandbox.arena("up", "-d")
    victim = sandbox.rows()["web-1"]["pid"]
    with sandbox.client() as client:
        os.kill(victim, signal.SIGKILL)
        assert {client.get("/web/").status_code for _ in range(100)} == {200}
    sandbox.arena("wait", "web", "--status", "healthy", "--timeout", "20")
    row = sandbox.rows()["web-1"]
    assert row["pid"] != victim and row["restarts"] == 1


def test_an_unhealthy_instance_is_restarted(sandbox: Sandbox) -> None:
    sandbox.write(SERVICES.replace("interval: 1s", "interval: 200ms, retries: 2"))
    sandbox.arena("up", "-d")
    before = sandbox.rows()["web-2"]["pid"]
    (sandbox.directory / "unwell-web-2").touch()
    poll(lambda: sandbox.rows()["web-2"]["restarts"], bool)
    (sandbox.directory / "unwell-web-2").unlink()
    sandbox.arena("wait", "web", "--status", "healthy", "--timeout", "20")
    assert sandbox.rows()["web-2"]["pid"] != before
