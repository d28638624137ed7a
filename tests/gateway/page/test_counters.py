"""gateway.page.counters: /metrics as Prometheus' own parser reads it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from arena.model.address import Address
from arena.model.route import RateLimit, Route
from arena.model.snapshot import Endpoint
from tests.gateway.kit import Client, Start, Stub, connected, get


def metric(text: str, name: str, **labels: str) -> float:
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    (value,) = [one.value for one in samples if one.name == name and labels.items() <= one.labels.items()]
    return value


async def scrape(client: Client) -> str:
    reply = await client.ask(get("/metrics"))
    assert (reply.status, reply.header("content-type")) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return reply.body.decode()


async def test_metrics_count_what_happened(start: Start, stub: Stub) -> None:
    limits = (RateLimit(0.001, 2, "ip"),)
    dead = Endpoint("dead", "dead-1", Address("127.0.0.1", 1), "passing")
    routes = (Route("web", "web", "/", auth="none", rate_limits=limits), Route("dead", "dead", "/dead", auth="none"))
    gateway = await start(stub.endpoint(), dead, routes=routes)
    async with connected(gateway) as client:
        for path in ("/", "/", "/", "/dead", "/%zz"):
            await client.ask(get(path))
        text = await scrape(client)
    assert metric(text, "arena_gateway_requests_total", route="web", service="web", status="2xx") == 2
    assert metric(text, "arena_gateway_requests_total", route="web", status="4xx") == 1
    assert metric(text, "arena_gateway_requests_total", route="dead", status="5xx") == 1
    assert metric(text, "arena_gateway_requests_total", route="", status="4xx") == 1
    assert metric(text, "arena_gateway_rate_limited_total", route="web") == 1
    assert metric(text, "arena_gateway_upstream_errors_total", service="dead", reason="connect") == 1
    assert metric(text, "arena_gateway_request_duration_seconds_count", route="web") == 3
    assert metric(text, "arena_gateway_outcomes_total", outcome="served") == 2
    assert metric(text, "arena_gateway_requests_in_flight") == 1  # the scrape itself
    assert metric(text, "arena_gateway_connections") == 1
    assert metric(text, "arena_gateway_snapshot_version") == 1
    assert metric(text, "process_resident_memory_bytes") > 1_000_000
