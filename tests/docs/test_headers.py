"""docs/headers.md: what a service gets is in its table, and the other way round."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.conftest import Sandbox, sandbox

__all__ = ["sandbox"]

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "headers.md").read_text()
SERVICES = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /web, strip_path: true, timeout: 5s}]
"""
# Only on copies (tests/gateway/filters/test_mirror.py), and only with a client certificate (test_arrival.py).
ELSEWHERE = {"x-arena-mirror", "x-forwarded-client-cert"}


def named(section: str) -> set[str]:
    table = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    return {name.lower() for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_the_first_table(sandbox: Sandbox) -> None:
    sandbox.write(SERVICES)
    sandbox.arena("up", "-d")
    state = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    sent = {"traceparent": state, "tracestate": "a=b", "accept": "*/*", "user-agent": "x", "accept-encoding": "gzip"}
    with sandbox.client() as client:
        reply = client.get("/web/x", headers=sent)
    told = set(reply.json()["headers"])
    assert told - {"accept", "user-agent", "accept-encoding"} == named("To the service") - ELSEWHERE
    assert {"x-request-id", "traceparent"} <= set(reply.headers) & named("To the client")
