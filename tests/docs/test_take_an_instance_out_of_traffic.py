"""docs/how-to/take-an-instance-out-of-traffic.md, tried."""

from __future__ import annotations

from collections import Counter

from tests import plain
from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox, poll

SERVICES = """
  web:
    command: python echo_service.py
    healthcheck: {tcp: true, interval: 1s}
    deploy: {replicas: 2}
"""


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    page = how_to("take-an-instance-out-of-traffic")
    page.configure(1)
    sandbox.arena("up", "-d")
    url = f"http://127.0.0.1:{sandbox.port}/web/"

    def answers() -> Counter[str]:
        return Counter(plain.get(url).raise_for_status().json()["instance"] for _ in range(30))

    poll(answers, lambda found: len(found) == 2)
    told = page.run(0)
    assert "web-2     tripped for 9m" in told or "web-2     tripped for 10m" in told
    assert set(answers()) == {"web-1"}
    assert "web-2     closed" in page.run(1)
    assert set(answers()) == {"web-1", "web-2"}

    script = page.blocks("sh")[2].splitlines()
    sandbox.arena(*script[0].split()[1:])
    assert plain.get(url).json()["type"] == "urn:arena:problem:circuit-open"
    sandbox.arena(*script[1].split()[1:])
    assert set(answers()) == {"web-1", "web-2"}


def test_weights(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    sandbox.arena("up", "-d")
    rows = sandbox.rows()
    places = {name: rows[name]["endpoint"] for name in ("web-1", "web-2")}
    page = how_to("take-an-instance-out-of-traffic", {"9101": places["web-1"][-5:], "9102": places["web-2"][-5:]})
    assert all(f"http://{place}" in page.blocks("yaml")[0] for place in places.values())
    page.configure(0)
    sandbox.arena("up", "-d")
    url = f"http://127.0.0.1:{sandbox.port}/billing/"
    poll(lambda: plain.get(url).status_code, lambda status: status == 200)
    shown = {
        row["instance"]: row["full_weight"] for row in sandbox.json("breaker", "list") if row["service"] == "billing"
    }
    assert shown == {"billing-1": 9.0, "billing-2": 1.0}
    found = Counter(plain.get(url).json()["instance"] for _ in range(200))
    assert found["web-1"] > 2 * found["web-2"] > 0
