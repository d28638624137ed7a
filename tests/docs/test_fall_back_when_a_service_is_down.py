"""docs/how-to/fall-back-when-a-service-is-down.md, tried."""

from __future__ import annotations

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox
from tests.ports import free_port

SPARE = "  spare: {command: python echo_service.py, healthcheck: {http: /health, interval: 1s}}"


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(f"  shop: {{url: http://127.0.0.1:{free_port()}}}\n{SPARE}")
    page = how_to("fall-back-when-a-service-is-down")
    page.configure(0)
    sandbox.arena("up", "-d")
    told = page.run(0)
    assert "200 OK" in told and "x-arena-fallback: static" in told and '"stale": true' in told
    page.configure(1)
    sandbox.arena("up", "-d")
    told = page.run(0)
    assert "x-arena-fallback: spare" in told and '"instance": "spare-1"' in told
    page.configure(2)
    sandbox.arena("up", "-d")
    told = page.run(1)
    assert "x-arena-fallback: spare" in told and "x-arena-fault: abort" in told
