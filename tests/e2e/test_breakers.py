"""`arena breaker`: taken out of traffic and put back, on every gateway worker."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter

from tests import plain
from tests.e2e.conftest import Sandbox, poll

WEB = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    deploy: {replicas: 2}
    routes: [{path: /web, strip_path: true, auth: none}]
"""


def answers(sandbox: Sandbox, count: int = 20) -> Counter[str]:
    """Who answers, each request on a connection of its own, so that both workers are asked."""
    url = f"http://127.0.0.1:{sandbox.port}/web/"
    return Counter(plain.get(url).raise_for_status().json()["instance"] for _ in range(count))


def test_an_instance_is_out_on_every_worker_within_a_second_and_stays_out_until_it_is_reset(sandbox: Sandbox) -> None:
    sandbox.write(WEB, gateway="  workers: 2")
    sandbox.arena("up", "-d")
    assert set(answers(sandbox)) == {"web-1", "web-2"}
    rows = sandbox.json("breaker", "trip", "web/web-2")
    assert [(row["worker"], row["instance"], row["state"], row["tripped_until"]) for row in rows] == [
        ("gateway-1", "web-2", "tripped", None),
        ("gateway-2", "web-2", "tripped", None),
    ]
    assert set(answers(sandbox)) == {"web-1"}
    assert "web-2     tripped" in sandbox.arena("breaker", "list").stdout

    workers = {name: row["pid"] for name, row in sandbox.rows().items() if row["kind"] == "gateway"}
    os.kill(workers["gateway-1"], signal.SIGKILL)

    def pids() -> dict[str, int]:
        return {name: row["pid"] for name, row in sandbox.rows().items() if row["health"] == "healthy"}

    poll(pids, lambda now: now.get("gateway-1", workers["gateway-1"]) != workers["gateway-1"])
    assert set(answers(sandbox)) == {"web-1"}, "a worker that is born later obeys too"

    assert {row["state"] for row in sandbox.json("breaker", "reset", "web")} == {"closed"}
    assert set(answers(sandbox, 40)) == {"web-1", "web-2"}
    assert "web has no instance 'web-7'" in sandbox.arena("breaker", "trip", "web/web-7", code=2).stderr

    sandbox.arena("breaker", "trip", "web", "--for", "2s")
    refused = plain.get(f"http://127.0.0.1:{sandbox.port}/web/")
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:arena:problem:unavailable")
    began = time.monotonic()
    url = f"http://127.0.0.1:{sandbox.port}/web/"
    poll(lambda: {plain.get(url).status_code for _ in range(10)}, lambda statuses: statuses == {200})
    assert time.monotonic() - began < 10
    assert set(answers(sandbox, 40)) == {"web-1", "web-2"}
