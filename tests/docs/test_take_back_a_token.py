"""docs/how-to/take-back-a-token.md, tried."""

from __future__ import annotations

from tests import plain
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
    sandbox.arena("up", "-d")
    first, second = sandbox.token("--sub", "ben"), sandbox.token("--sub", "ada")
    (listed,) = [row for row in sandbox.json("token", "list") if row["subject"] == "ben"]
    page = how_to("take-back-a-token", {"19e8742bc47…": listed["token_id"]})

    def status(token: str) -> int:
        url = f"http://127.0.0.1:{sandbox.port}/web/"
        return plain.get(url, headers={"authorization": f"Bearer {token}"}).status_code

    assert (status(first), status(second)) == (200, 200)
    page.run(0)
    for token in (first, second):
        assert poll(lambda token=token: status(token), lambda got: got == 401) == 401  # type: ignore[misc]  # bound now
    assert status(sandbox.token("--sub", "ada")) == 200
