"""gateway.record: one line and one count per request, whatever becomes of it."""

from __future__ import annotations

import re
import time
from dataclasses import replace

from arena.model.cache import CacheRule
from arena.model.route import Route
from tests.gateway.kit import PUBLIC, Start, Stub, bearer, connected, get, post, silence

MEMBERS = [
    "time", "level", "event", "request_id", "trace_id", "method", "path", "route", "service", "instance", "status", "outcome",
    "attempts", "duration_ms", "upstream_ms", "bytes_in", "bytes_out", "principal", "client",
]  # fmt: skip


async def test_a_line_has_every_fact_and_no_secret_of_the_query(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(Route('we"b', "web", "/"),))
    async with connected(gateway) as client:
        reply = await client.ask(post(b"12345678", "/a%22?api_key=sesame", bearer("user")))
    line = await gateway.line()
    assert list(line) == MEMBERS
    assert "sesame" not in gateway.log_file.read_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(line.pop("time")))
    assert float(str(line.pop("duration_ms"))) >= float(str(line.pop("upstream_ms"))) > 0
    assert (line.pop("request_id"), line.pop("trace_id")) == (reply.header("x-request-id"),) * 2
    assert line == {
        "level": "info",
        "event": "answered",
        "method": "POST",
        "path": "/a%22",
        "route": 'we"b',
        "service": "web",
        "instance": "web-1",
        "status": 200,
        "outcome": "served",
        "attempts": 1,
        "bytes_in": 8,
        "bytes_out": 5,
        "principal": "alice",
        "client": "127.0.0.1",
    }


async def test_refusals_and_failures_have_lines_too(start: Start) -> None:
    gateway = await start()
    async with connected(gateway) as client:
        await client.ask(get("/"))
        await client.ask(get("/%00"))
        await client.ask(b"junk\r\n\r\n", "GET")
    rows = [(one["status"], one["outcome"], one["level"], one["service"], one["instance"]) for one in gateway.lines()]
    assert rows == [
        (503, "failed", "error", "web", None),
        (400, "refused", "info", None, None),
        (400, "refused", "info", None, None),
    ]


async def test_what_the_client_caused_is_no_error_whatever_the_status(start: Start, stub: Stub) -> None:
    stub.answer = silence
    routes = (
        PUBLIC,
        replace(PUBLIC, name="kept", path="/kept", cache=CacheRule()),
        replace(PUBLIC, name="ours", path="/ours", timeout=0.05),
    )
    gateway = await start(stub.endpoint(), routes=routes)
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"
    deadline = f"x-request-deadline: {time.time() + 0.5:.3f}\r\n".encode()
    asked = {
        "too late for the instance": get("/", deadline),
        "never offered": get("/", upgrade),
        "a tunnel": b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
        "another version": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "its own wish": get("/kept", b"Cache-Control: only-if-cached\r\n"),
        "too late when it came": get("/", b"x-request-deadline: 1\r\n"),
        "our own deadline": get("/ours"),
    }
    rows = {}
    for what, request_bytes in asked.items():
        async with connected(gateway) as client:
            await client.send(request_bytes)
            await client.reply()
        line = gateway.lines()[-1]
        rows[what] = (line["status"], line["outcome"], line["level"])
    assert rows == {
        "never offered": (501, "refused", "info"),
        "a tunnel": (501, "refused", "info"),
        "another version": (505, "refused", "info"),
        "its own wish": (504, "refused", "info"),
        "too late when it came": (504, "refused", "info"),
        "too late for the instance": (504, "left", "info"),
        "our own deadline": (504, "failed", "error"),
    }


async def test_each_exchange_counts_once(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    async with connected(gateway) as client:
        for _ in range(10):
            await client.ask(get())
    stats = gateway.plane.stats
    assert (dict(stats.outcomes), stats.in_flight) == ({"served": 10}, 0)
    (route,) = (one for one in stats.routes.values() if one.route == "web")
    assert (route.classes[2], sum(route.latency.buckets)) == (10, 10)


async def test_pages_of_the_gateways_own_are_counted_but_not_logged(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(Route("web", "web", "/"),))
    async with connected(gateway) as client:
        assert (await client.ask(get("/health"))).status == 200
        assert (await client.ask(get("/metrics"))).status == 200
        await client.ask(get("/after", bearer("user")))
    assert (await gateway.line())["path"] == "/after"


async def test_no_access_log_when_it_is_off(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    gateway.plane.log, log = None, gateway.plane.log
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 200
    gateway.plane.log = log
    assert gateway.lines() == []
