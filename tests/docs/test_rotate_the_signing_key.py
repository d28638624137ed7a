"""docs/how-to/rotate-the-signing-key.md, tried."""

from __future__ import annotations

from tests import plain
from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox, poll

SERVICES = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /web, strip_path: true, roles: [user]}]
"""


def status(sandbox: Sandbox, credential: str) -> int:
    return plain.get(f"http://127.0.0.1:{sandbox.port}/web/", headers={"authorization": credential}).status_code


def test_a_key_that_arena_made(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES, "  workers: 2")
    sandbox.arena("up", "-d")
    page = how_to("rotate-the-signing-key")
    with sandbox.client() as old:
        assert old.get("/web/").status_code == 200
        told = page.run(0)
        assert "is accepted until" in told and "KEY" in told
        new = f"Bearer {sandbox.token()}"
        # Each a connection of its own, so that both workers are met; the very first has to work.
        assert [status(sandbox, new) for _ in range(10)] == [200] * 10
        assert old.get("/web/").status_code == 200
        page.run(1)
        before = str(old.headers["authorization"])
        seen = poll(lambda: [status(sandbox, before) for _ in range(10)], lambda seen: set(seen) == {401}, 5.0)
        assert seen == [401] * 10
    with sandbox.client() as client:
        assert client.get("/web/").status_code == 200


def test_a_secret_of_your_own(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.environment["ARENA_JWT_SECRET"] = "the first secret of this project, long enough"
    sandbox.write(SERVICES)
    page = how_to("rotate-the-signing-key")
    page.configure(0)
    sandbox.arena("up", "-d")
    with sandbox.client() as old:
        assert old.get("/web/").status_code == 200
        page.run(2)
        assert poll(lambda: old.get("/web/").status_code, lambda status: status == 200) == 200
        kept = (sandbox.directory / ".variables").read_text()
        assert "ARENA_JWT_SECRET_OLD" in kept
    told = sandbox.arena("token", "rotate", code=3).stderr
    assert "secret: [NEW, OLD]" in told
