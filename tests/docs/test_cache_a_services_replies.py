"""docs/how-to/cache-a-services-replies.md, tried."""

from __future__ import annotations

import psutil

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox, poll

SERVICES = """
  shop:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    restart: "no"
"""


def test_with_a_store(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    page = how_to("cache-a-services-replies")
    page.configure(0, 2)
    sandbox.arena("up", "-d")
    told = poll(lambda: page.run(1, None), lambda out: "arena; hit; ttl=" in out)
    assert "arena; hit; ttl=" in told
    assert "forgot 1 kept reply on 2 gateway workers" in page.run(2)
    assert "arena; fwd=miss" in page.run(1)


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    page = how_to("cache-a-services-replies")
    page.configure(0)
    page.run(0)
    told = page.run(1)
    assert "arena; fwd=miss; fwd-status=200; stored" in told
    assert "arena; hit; ttl=" in told and "\nage: 0" in told
    page.configure(1)
    sandbox.arena("up", "-d")
    with sandbox.client() as client:
        said = poll(
            lambda: client.get("/catalogue/hats").headers["cache-status"], lambda value: value.startswith("arena; hit")
        )
        assert said.startswith("arena; hit")
        psutil.Process(sandbox.rows()["shop-1"]["pid"]).kill()
        late = client.get("/catalogue/hats")
        assert (late.status_code, late.headers["cache-status"].startswith("arena; hit")) == (200, True)
