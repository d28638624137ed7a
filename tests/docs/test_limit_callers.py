"""docs/how-to/limit-callers.md, tried."""

from __future__ import annotations

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox, poll

SERVICES = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /web, strip_path: true}]
"""


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    page = how_to("limit-callers")
    page.configure(0)
    sandbox.arena("up", "-d")
    with sandbox.client() as client:
        reply = client.get("/web/")
        assert reply.headers["ratelimit-policy"] == '"smooth";q=50;w=5, "daily";q=10000;w=86400'
        assert reply.headers["ratelimit"].startswith('"smooth";r=49;t=1, "daily";r=9999;t=')
        page.configure(1)
        sandbox.arena("up", "-d")
        statuses = {client.get("/web/").status_code for _ in range(12)}
        over = 'arena_gateway_limit_over_total{route="",limit="trial",enforced="false"}'
        metrics = client.get("/metrics").text
        counted = next(line for line in metrics.splitlines() if 'limit="trial"' in line and "over_total" in line)
        assert statuses == {200} and float(counted.split()[-1]) >= 1, (over, metrics)
    page.configure(2)
    sandbox.arena("up", "-d")
    assert {"gateway-1", "gateway-2", "state-1"} <= set(sandbox.rows())
    with sandbox.client() as client:
        reply = poll(lambda: client.get("/web/"), lambda got: "ratelimit" in got.headers)
        assert reply.headers["ratelimit-policy"].endswith(";q=100;w=60")
