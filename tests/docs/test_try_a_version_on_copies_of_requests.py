"""docs/how-to/try-a-version-on-copies-of-requests.md, tried."""

from __future__ import annotations

import json

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox, poll

SERVICES = """
  web: {command: python echo_service.py, healthcheck: {http: /health, interval: 1s}}
  web-next: {command: python echo_service.py, healthcheck: {http: /health, interval: 1s}}
"""


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    page = how_to("try-a-version-on-copies-of-requests")
    page.configure(0)
    assert "arena_gateway_mirrored_total" in page.run(0)

    def lines() -> list[dict[str, object]]:
        texts = sandbox.arena("logs", "gateway", "--no-log-prefix").stdout.splitlines()
        return [json.loads(text) for text in texts if '"event":"answered"' in text]

    told = poll(lines, lambda found: sum(line.get("errand") == "mirror" for line in found) >= 3)
    copies = [line["trace_id"] for line in told if line.get("errand") == "mirror"]
    originals = [line["trace_id"] for line in told if "errand" not in line and line["route"] == "web"]
    assert sorted(copies[:3]) == sorted(originals[:3])  # type: ignore[type-var]  # texts
