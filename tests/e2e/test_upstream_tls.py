"""A service elsewhere that speaks TLS with a certificate of one's own authority: routed to, and probed, alike."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Sandbox, poll
from tests.pki import Authority


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def port(authority: Authority) -> Iterator[int]:
    """Where it answers, to those who show a certificate."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    context = authority.issue("web", "web.example").context(authority.cert)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_is_probed_and_routed_to_by_the_same_trust(sandbox: Sandbox, authority: Authority, port: int) -> None:
    service = """
  web:
    url: https://127.0.0.1:%d
    %s
    healthcheck: {http: /, interval: 500ms}
    routes: [{path: /web, auth: none}]
"""
    ours = authority.issue("gateway")
    tls = f"tls: {{ca: {authority.cert.name}, server_name: web.example, cert: {ours.cert.name}, key: {ours.key.name}}}"
    sandbox.write(service % (port, tls))
    sandbox.arena("up", "-d")
    url = f"http://127.0.0.1:{sandbox.port}/web"
    assert poll(lambda: httpx.get(url).status_code, lambda status: status == 200) == 200
    assert poll(lambda: _health(sandbox), lambda health: health == "healthy") == "healthy"
    sandbox.write(service % (port, ""))
    sandbox.arena("up", "-d")
    assert poll(lambda: httpx.get(url).status_code, lambda status: status != 200) in (502, 503)
    assert poll(lambda: _health(sandbox), lambda health: health == "unhealthy", 20) == "unhealthy"


def _health(sandbox: Sandbox) -> str:
    return next(str(row["health"]) for row in sandbox.json("health", code=None) if row["service"] == "web")
