"""gateway.breakers: GET /breakers and the metrics."""

from __future__ import annotations

from arena.model.traffic import BreakerRule, Traffic
from tests.gateway.kit import Start, bearer, connected, get, nowhere
from tests.gateway.test_pages import metric, scrape


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
    assert first == {"service": "web", "instance": "web-0", "url": dead.address.url, "state": "open", "opened": 1}  # type: ignore[has-type]
    assert (second["instance"], second["state"], second["wait_seconds"]) == ("web-1", "closed", 0.0)  # type: ignore[has-type]


async def test_without_breakers_the_page_is_empty(start: Start) -> None:
    gateway = await start(nowhere(), traffic=Traffic(breaker=None))
    async with connected(gateway) as client:
        assert (await client.ask(get("/breakers", bearer("operator")))).json["breakers"] == []


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
