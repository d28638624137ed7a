"""docs/how-to/limit-an-llm-by-tokens.md, tried."""

from __future__ import annotations

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox

SERVICES = """
  ai_service: {command: python echo_service.py, healthcheck: {http: /health, interval: 1s}}
"""


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    page = how_to("limit-an-llm-by-tokens")
    page.configure(0)
    told = page.run(0)
    assert '"llm";q=2000;qu="tokens";w=60' in told
    # 74 bytes make 19 tokens, and 20 for the answer.
    assert '"llm";r=1961;' in told
