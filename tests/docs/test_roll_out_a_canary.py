"""docs/how-to/roll-out-a-canary.md, tried."""

from __future__ import annotations

import json

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox, poll

SERVICES = """
  web: {command: python echo_service.py, environment: {WORD: old}, healthcheck: {http: /health, interval: 1s}}
  web-v2: {command: python echo_service.py, environment: {WORD: new}, healthcheck: {http: /health, interval: 1s}}
"""


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    page = how_to("roll-out-a-canary")
    page.configure(0)
    told = page.run(0)
    words = [json.loads(line)["word"] for line in told.replace("}{", "}\n{").splitlines() if line.startswith("{")]
    assert words == ["old", "new"]
    page.configure(1)
    with sandbox.client() as client:
        assert client.get("/web/").json()["word"] in ("old", "new")
    told = poll(lambda: page.run(1), lambda out: 'service="web' in out)
    assert 'service="web' in told
    callers = [sandbox.token("--sub", f"caller-{number}", "--role", "user") for number in range(8)]
    with sandbox.client() as client:
        first, second = (
            [client.get("/web/", headers={"authorization": f"Bearer {one}"}).json()["word"] for one in callers]
            for _ in range(2)
        )
    assert first == second
    assert first.count("old") >= 4
