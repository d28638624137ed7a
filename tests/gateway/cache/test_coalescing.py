"""gateway.cache.route: several who ask for the same at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from arena.model.cache import CacheRule
from tests.gateway.cache.kit import ALICE, BOB, GUARDED, gated, many, ruled, said
from tests.gateway.kit import (
    Gateway,
    Start,
    Stub,
    Talk,
    connected,
    eventually,
    get,
)

TOGETHER = ruled(coalesce=True)


def waiting(gateway: Gateway, count: int) -> Callable[[], bool]:
    return lambda: gateway.plane.stats.in_flight == count


async def test_a_thousand_callers_are_one_request(start: Start, stub: Stub) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    gateway = await start(stub.endpoint(), routes=(TOGETHER,), max_connections=2000)
    asking = asyncio.create_task(many(gateway, 1000))
    await eventually(waiting(gateway, 1000))
    go.set()
    replies = await asking
    assert service.count == 1
    assert {(one.status, one.body) for one in replies} == {(200, b"reply 1")}
    assert sum("collapsed" in said(one) for one in replies) == 999
    assert len({one.header("x-request-id") for one in replies}) == 1000


@pytest.mark.parametrize("headers", ["cache-control: no-store\r\n", "cache-control: max-age=60\r\nset-cookie: a=b\r\n"])
async def test_nobody_waits_for_what_is_not_theirs(start: Start, stub: Stub, headers: str) -> None:
    go, service = gated(stub, headers)
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    asking = asyncio.create_task(many(gateway, 20))
    await eventually(waiting(gateway, 20))
    go.set()
    replies = await asking
    assert (service.count, len({one.body for one in replies})) == (20, 20)
    go.clear()
    asking = asyncio.create_task(many(gateway, 5))  # nobody waits for such a reply again
    await eventually(lambda: len(stub.asked) == 25)
    go.set()
    await asking


async def test_two_principals_do_not_wait_for_each_other(start: Start, stub: Stub) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    gateway = await start(stub.endpoint(), routes=(replace(GUARDED, cache=CacheRule(coalesce=True)),))
    asking = asyncio.gather(*(many(gateway, 5, who) for who in (ALICE, BOB)))
    await eventually(lambda: len(stub.asked) == 2 and gateway.plane.stats.in_flight == 10)
    go.set()
    mine, other = await asking
    assert service.count == 2
    assert len({one.body for one in mine}) == len({one.body for one in other}) == 1
    assert mine[0].body != other[0].body


async def test_when_the_first_leaves_another_goes(start: Start, stub: Stub) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    async with connected(gateway) as first:
        await first.send(get("/"))
        await eventually(lambda: len(stub.asked) == 1)
        asking = asyncio.create_task(many(gateway, 10))
        await eventually(waiting(gateway, 11))
    await eventually(lambda: len(stub.asked) == 2)
    go.set()
    replies = await asking
    assert len({one.body for one in replies}) == 1 and {one.status for one in replies} == {200}
    assert len(stub.asked) == 2
    assert service.count == 2


async def test_many_ask_about_a_stale_reply_once(start: Start, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    service.etag = '"v1"'
    go.set()
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    async with connected(gateway) as client:
        await client.ask(get("/"))
    go.clear()
    later = time.time() + 3600.0
    for module in ("route", "fetch"):
        monkeypatch.setattr(f"arena.gateway.cache.{module}.time", lambda: later)
    asking = asyncio.create_task(many(gateway, 50))
    await eventually(waiting(gateway, 50))
    go.set()
    replies = await asking
    assert {(one.status, one.body) for one in replies} == {(200, b"reply 1")}
    assert service.count == 2


async def test_a_failure_is_not_shared(start: Start, stub: Stub) -> None:
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    service.status = "500 Oops"
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    asking = asyncio.create_task(many(gateway, 10))
    await eventually(waiting(gateway, 10))
    go.set()
    assert [one.status for one in await asking] == [500] * 10
    assert service.count == 10


async def test_events_are_not_waited_for_beyond_their_head(start: Start, stub: Stub) -> None:
    async def events(talk: Talk) -> None:
        await talk.send(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: max-age=60\r\n"
            b"transfer-encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n"
        )
        await asyncio.sleep(60)

    stub.answer = events
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(get("/"))
        await two.send(get("/"))
        for client in (one, two):
            assert b"data: 1" in await client.reader.readuntil(b"data: 1\n")


async def test_a_reply_that_grows_too_long_is_waited_for_no_longer(start: Start, stub: Stub) -> None:
    go = asyncio.Event()

    async def endless(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ntransfer-encoding: chunked\r\n\r\n")
        await go.wait()
        while True:
            await talk.send(b"400\r\n" + b"x" * 1024 + b"\r\n")
            await asyncio.sleep(0.001)

    stub.answer = endless
    gateway = await start(stub.endpoint(), routes=(ruled(coalesce=True, max_body_bytes=2000),))
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(get("/"))
        await eventually(lambda: len(stub.asked) == 1)
        await two.send(get("/"))
        await eventually(waiting(gateway, 2))
        go.set()
        assert b"x" * 1000 in await two.reader.readuntil(b"x" * 1000)
    assert len(stub.asked) == 2


async def test_waiting_has_an_end(start: Start, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.gateway.cache.route.WAIT_SECONDS", 0.05)
    go, service = gated(stub, "cache-control: max-age=60\r\n")
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    asking = asyncio.create_task(many(gateway, 3))
    await eventually(lambda: len(stub.asked) == 3)
    go.set()
    assert [one.status for one in await asking] == [200] * 3
    assert service.count == 3


async def test_one_who_waits_and_leaves_troubles_nobody(start: Start, stub: Stub) -> None:
    go, service = gated(stub, "cache-control: no-store\r\n")
    gateway = await start(stub.endpoint(), routes=(TOGETHER,))
    async with connected(gateway) as first:
        await first.send(get("/"))
        await eventually(lambda: len(stub.asked) == 1)
        async with connected(gateway) as second:
            await second.send(get("/"))
            await eventually(waiting(gateway, 2))
        await eventually(waiting(gateway, 1))
        go.set()
        assert (await first.reply()).status == 200
    await eventually(waiting(gateway, 0))
    assert service.count == 1
    assert sorted(str(line["outcome"]) for line in gateway.lines()) == ["left", "served"]
