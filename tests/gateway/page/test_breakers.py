"""gateway.breakers: GET /breakers and the metrics."""

from __future__ import annotations

from dataclasses import replace

from arena.model.traffic import BreakerRule, Traffic
from tests.gateway.kit import Start, bearer, connected, get, nowhere
from tests.gateway.page.test_counters import metric, scrape


async def test_operators_see_every_breaker_and_nobody_else_does(start: Start) -> None:
    dead, quiet = nowhere("web-0"), nowhere("web-1")
    gateway = await start(dead, traffic=Traffic(BreakerRule(failures=1, open_for=60.0)))
    async with connected(gateway) as client:
        await client.ask(get())
        gateway.endpoints(quiet, dead)
        (await client.ask(get("/breakers"))).problem(401, "unauthenticated")
        (await client.ask(get("/breakers", bearer("user")))).problem(403, "forbidden")
        page = (await client.ask(get("/breakers", bearer("operator")))).json
    first, second = page["breakers"]  # type: ignore[misc]  # a list of two
    wait = first.pop("wait_seconds")  # type: ignore[has-type]
    assert 50 < wait <= 60
    assert page["worker"] == ""
    assert first == {  # type: ignore[has-type]
        **{"service": "web", "instance": "web-0", "url": dead.address.url, "state": "open", "opened": 1},
        **{"health": "passing", "in_traffic": True, "in_flight": 0, "weight": 1.0, "full_weight": 1.0},
        "tripped_until": None,
        "ejected_seconds": 0.0,
    }
    assert page["panic"] == []
    assert (second["instance"], second["state"], second["wait_seconds"]) == ("web-1", "closed", 0.0)  # type: ignore[has-type]


async def test_endpoints_without_a_breaker_say_so(start: Start) -> None:
    gateway = await start(nowhere(), traffic=Traffic(breaker=None))
    async with connected(gateway) as client:
        (row,) = (await client.ask(get("/breakers", bearer("operator")))).json["breakers"]  # type: ignore[misc]  # a list
    assert (row["state"], row["opened"], row["wait_seconds"]) == ("disabled", 0, 0.0)  # type: ignore[has-type]


async def test_panic_and_weights_are_told(start: Start) -> None:
    failing = [replace(nowhere(f"web-{n}"), health="failing") for n in range(3)]
    heavy = replace(nowhere("web-9"), metadata={"weight": 3})
    gateway = await start(*failing, heavy, traffic=Traffic(panic_threshold=0.5))
    async with connected(gateway) as client:
        page = (await client.ask(get("/breakers", bearer("operator")))).json
        told = await scrape(client)
        assert page["panic"] == ["web"]
        assert metric(told, "arena_gateway_panic", service="web") == 1
        gateway.endpoints(failing[0], heavy)
        page = (await client.ask(get("/breakers", bearer("operator")))).json
        told = await scrape(client)
    assert page["panic"] == []
    assert [(row["in_traffic"], row["weight"]) for row in page["breakers"]] == [(False, 1.0), (True, 3.0)]  # type: ignore[attr-defined]  # a list
    assert metric(told, "arena_gateway_panic", service="web") == 0
    weights = [metric(told, "arena_gateway_endpoint_weight", service="web", instance=f"web-{n}") for n in (0, 9)]
    assert weights == [0, 3]


async def test_metrics_tell_state_and_history(start: Start) -> None:
    gateway = await start(nowhere(), traffic=Traffic(BreakerRule(failures=1, open_for=60.0)))
    async with connected(gateway) as client:
        before = await scrape(client)
        for _ in range(3):
            await client.ask(get())
        after = await scrape(client)
    labels = {"service": "web", "instance": "web-0"}
    assert metric(before, "arena_gateway_breaker_state", **labels) == 0
    assert metric(after, "arena_gateway_breaker_state", **labels) == 2
    assert metric(after, "arena_gateway_breaker_opened_total", **labels) == 1
    assert metric(after, "arena_gateway_breaker_refused_total", service="web") == 2
