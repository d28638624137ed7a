"""The registry and the gateway die, too: who has an answer keeps giving it, and says how old it is."""

from __future__ import annotations

import os
import signal

import httpx

from tests import plain
from tests.e2e.conftest import Sandbox, poll

WEB = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /web, strip_path: true}]
"""


def kill(sandbox: Sandbox, instance: str) -> int:
    pid: int = sandbox.rows()[instance]["pid"]
    os.kill(pid, signal.SIGKILL)
    return pid


def test_requests_go_on_without_the_registry_which_comes_back_knowing_everything(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    killed = kill(sandbox, "registry-1")
    with sandbox.client() as client:
        statuses = [client.get("/web/").status_code for _ in range(50)]
        assert statuses == [200] * 50
        sandbox.arena("wait", "registry", "--status", "healthy", "--timeout", "20")
        assert sandbox.rows()["registry-1"]["pid"] != killed
        poll(lambda: client.get("/health").json()["snapshot"]["stale"], lambda stale: stale is False)
        assert client.get("/health").json()["snapshot"]["stale"] is False
        assert client.get("/web/").status_code == 200
    listing = plain.get(f"http://127.0.0.1:{sandbox.registry_port}/v1/services").json()
    assert [service["service"] for service in listing["services"]] == ["web"]


def test_the_gateway_says_that_its_snapshot_is_stale_and_starts_from_it(sandbox: Sandbox) -> None:
    sandbox.write(WEB)
    sandbox.arena("up", "-d")
    with sandbox.client() as client:
        client.get("/web/")
        # Stopped, not killed: the supervisor would bring a killed one back before anything could be seen.
        registry = sandbox.rows()["registry-1"]["pid"]
        os.kill(registry, signal.SIGSTOP)
        try:
            kill(sandbox, "gateway-1")
            reply = poll(lambda: _get(client, "/web/"), lambda reply: reply is not None and reply.status_code == 200)
            assert reply is not None and reply.status_code == 200
            told = client.get("/health").json()
            assert told["snapshot"]["stale"] is True
        finally:
            os.kill(registry, signal.SIGCONT)


def _get(client: httpx.Client, path: str) -> httpx.Response | None:
    try:
        return client.get(path)
    except httpx.TransportError:
        return None
