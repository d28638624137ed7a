"""`state: {valkey: embedded}`: the store comes up with the project, dies, says so, and is back."""

from __future__ import annotations

import os
import signal

import httpx

from tests.e2e.conftest import Sandbox, poll

WEB = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /web, strip_path: true, auth: none}]
state: {valkey: embedded}
"""
LIMIT = "  rate_limits: [{rate: 3/h, algorithm: sliding_log, by: ip, name: three}]"


def test_the_embedded_store_counts_dies_and_comes_back(sandbox: Sandbox) -> None:
    sandbox.write(WEB, gateway=LIMIT)
    sandbox.arena("up", "-d")
    rows = sandbox.rows()
    assert rows["state-1"]["kind"] == "state"
    with httpx.Client(base_url=f"http://127.0.0.1:{sandbox.port}") as client:
        poll(lambda: client.get("/health").json()["store"]["up"], lambda up: up is True)
        assert [client.get("/web/").status_code for _ in range(4)] == [200, 200, 200, 429]
        os.kill(rows["gateway-1"]["pid"], signal.SIGKILL)
        # A new gateway process knows what the old one counted.
        poll(lambda: _status(client, "/web/"), lambda status: status == 429)
        assert client.get("/web/").status_code == 429
        # Frozen, not killed: the supervisor would bring a killed one back before anything could be seen.
        os.kill(rows["state-1"]["pid"], signal.SIGSTOP)
        try:
            assert client.get("/web/").status_code == 200
            told = client.get("/health").json()
            assert (told["status"], told["store"]["limits_not_enforced"]) == ("degraded", ["three"])
        finally:
            os.kill(rows["state-1"]["pid"], signal.SIGCONT)
        poll(lambda: client.get("/health").json()["status"], lambda status: status == "ok")
        os.kill(rows["state-1"]["pid"], signal.SIGKILL)
        poll(lambda: sandbox.rows()["state-1"]["pid"], lambda pid: pid not in (None, rows["state-1"]["pid"]))
        poll(lambda: client.get("/health").json()["status"], lambda status: status == "ok")
        # The counts died with it, and begin anew.
        assert [client.get("/web/").status_code for _ in range(4)] == [200, 200, 200, 429]
    sandbox.arena("down")
    assert not list((sandbox.directory / ".arena").rglob("valkey.*"))


def _status(client: httpx.Client, path: str) -> int:
    try:
        return client.get(path).status_code
    except httpx.TransportError:
        return 0
