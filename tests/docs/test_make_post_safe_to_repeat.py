"""docs/how-to/make-post-safe-to-repeat.md, tried."""

from __future__ import annotations

import pytest

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox

SERVICES = """
  shop:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
"""


@pytest.mark.parametrize("blocks", [(0,), (0, 1)], ids=["memory", "state"])
def test_the_page(sandbox: Sandbox, how_to: Try, blocks: tuple[int, ...]) -> None:
    sandbox.write(SERVICES)
    page = how_to("make-post-safe-to-repeat")
    page.configure(*blocks)
    told = page.run(0)
    assert '"body": "amount=5"' in told
    assert "idempotent-replayed: true" in told
    assert "idempotency-mismatch" in told
