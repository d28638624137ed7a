"""docs/how-to/give-a-partner-an-api-key.md, tried."""

from __future__ import annotations

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox, poll

SERVICES = """
  ai_service:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /ai_service, strip_path: true, roles: [user]}]
"""


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    page = how_to("give-a-partner-an-api-key")
    page.configure(0)
    page.run(0)
    assert "for acme, role user" in page.run(1)
    told = poll(lambda: page.run(2), lambda out: out.count('"path": "/health"') == 2)  # "within a second"
    assert told.count('"path": "/health"') == 2, told
    told = page.run(3)
    assert "acme" in told and "revoked" in told
    assert sandbox.json("key", "list") == []
