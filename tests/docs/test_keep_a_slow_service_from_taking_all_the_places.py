"""docs/how-to/keep-a-slow-service-from-taking-all-the-places.md, tried."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox

SERVICES = """
  reports: {command: python echo_service.py, healthcheck: {http: /health, interval: 1s}}
"""


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    page = how_to("keep-a-slow-service-from-taking-all-the-places")
    page.configure(0)
    assert sorted(page.run(0).split()[-4:]) == ["200", "200", "200", "503"]
    page.configure(1)
    sandbox.arena("up", "-d")
    with sandbox.client() as client, ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(lambda _: client.get("/reports/slow=1").status_code, range(2)))
    assert sorted(statuses) == [200, 429]
    page.configure(2)
    sandbox.arena("up", "-d")
    with sandbox.client() as client:
        metrics = client.get("/metrics").text
    assert 'arena_gateway_concurrency_limit{place="service",name="reports",by="",enforced="true"} 4' in metrics
