"""gateway.filters.fault: faults on purpose, and that nobody can take them for real ones."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from arena.model.resilience import Fallback, Fault
from tests.gateway.kit import PUBLIC, Start, Stub, at_rest, bearer, connected, eventually, get


async def test_an_abort_is_marked_everywhere_and_asks_nobody(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(PUBLIC, fault=Fault(abort=418)),))
    async with connected(gateway) as client:
        reply = await client.ask(get())
        reply.problem(418, "fault-injected")
        page = (await client.ask(get("/metrics"))).body.decode()
    assert reply.header("x-arena-fault") == "abort"
    assert (await gateway.line())["fault"] == "abort"
    assert 'arena_gateway_faults_injected_total{route="web",fault="abort"} 1' in page
    assert stub.asked == []
    assert gateway.plane.stats.retries == 0
    await at_rest(gateway)


async def test_a_delay_is_waited_and_marked(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(PUBLIC, fault=Fault(delay=0.15)),))
    async with connected(gateway) as client:
        began = time.monotonic()
        reply = await client.ask(get())
    assert time.monotonic() - began >= 0.14
    assert (reply.status, reply.header("x-arena-fault")) == (200, "delay")
    line = await gateway.line()
    assert line["fault"] == "delay"
    assert float(str(line["upstream_ms"])) < float(str(line["duration_ms"])) - 100


async def test_both(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(PUBLIC, fault=Fault(delay=0.05, abort=503)),))
    async with connected(gateway) as client:
        reply = await client.ask(get())
    assert (reply.status, reply.header("x-arena-fault")) == (503, "delay,abort")
    assert dict(gateway.plane.stats.faults) == {("web", "delay"): 1, ("web", "abort"): 1}


async def test_shares(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(PUBLIC, fault=Fault(abort=503, abort_percent=30.0)),))
    async with connected(gateway) as client:
        replies = [await client.ask(get()) for _ in range(400)]
    aborted = sum(reply.status == 503 for reply in replies)
    assert 60 < aborted < 180  # six standard deviations around 120
    assert aborted == sum(reply.header("x-arena-fault") is not None for reply in replies)


@pytest.mark.parametrize(
    ("header", "sent", "hit"),
    [
        ("x-chaos", b"X-Chaos: anything", True),
        ("x-chaos", b"X-Chaos-Not: 1", False),
        ("x-chaos: on", b"x-chaos: on", True),
        ("x-chaos: on", b"x-chaos: off", False),
        ("x-chaos: on", b"Accept: */*", False),
    ],
)
async def test_only_requests_with_the_header(start: Start, stub: Stub, header: str, sent: bytes, hit: bool) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(PUBLIC, fault=Fault(abort=503, header=header)),))
    async with connected(gateway) as client:
        reply = await client.ask(get("/", sent + b"\r\n"))
    assert reply.status == (503 if hit else 200)
    assert len(stub.asked) == (0 if hit else 1)


async def test_who_may_not_ask_is_told_so(start: Start, stub: Stub) -> None:
    route = replace(PUBLIC, auth="required", fault=Fault(abort=503))
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as client:
        (await client.ask(get())).problem(401, "unauthenticated")
        (await client.ask(get("/", bearer("user")))).problem(503, "fault-injected")


async def test_a_fallback_answers_an_abort(start: Start, stub: Stub) -> None:
    spare = Fallback(service="spare")
    route = replace(PUBLIC, fault=Fault(abort=503), fallback=spare)
    static = replace(PUBLIC, fault=Fault(abort=503), fallback=Fallback(body="calm", on=(), statuses=(503,)))
    for one, body in ((route, b"hello"), (static, b"calm")):
        gateway = await start(stub.endpoint("spare", "spare-1"), routes=(one,), services=("web",))
        async with connected(gateway) as client:
            reply = await client.ask(get())
        assert (reply.status, reply.body) == (200, body)
        assert reply.header("x-arena-fault") == "abort"
        assert reply.header("x-arena-fallback")
        await at_rest(gateway)


async def test_a_client_that_leaves_during_a_delay(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(PUBLIC, fault=Fault(delay=0.2)),))
    async with connected(gateway) as client:
        await client.send(get())
        await eventually(lambda: gateway.plane.stats.in_flight == 1)
        client.leave()
        assert (await gateway.line())["outcome"] == "left"
    await asyncio.sleep(0.25)
    assert stub.connections == 0
    await at_rest(gateway)


async def test_a_delay_runs_into_the_deadline(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(PUBLIC, fault=Fault(delay=0.4), timeout=0.1),))
    async with connected(gateway) as client:
        reply = await client.ask(get())
    reply.problem(504, "deadline-exceeded")
    assert reply.header("x-arena-fault") == "delay"
    await asyncio.sleep(0.4)
    assert stub.asked == []
