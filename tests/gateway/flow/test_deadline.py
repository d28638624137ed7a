"""gateway.deadline: how long a request may take, and who is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from arena.gateway.exchange import Exchange
from arena.gateway.refusal import Refusal
from arena.model.resilience import Hedge, Retries
from arena.model.traffic import BreakerRule, Traffic
from tests.gateway.kit import PUBLIC, Start, Stub, Talk, at_rest, connected, eventually, get, nowhere, post, silence

Stubs = Callable[..., Awaitable[Stub]]
SOON = replace(PUBLIC, timeout=0.15)
ONE_FAILURE = Traffic(BreakerRule(failures=1, open_for=3600.0))


def until(seconds: float) -> bytes:
    return f"X-Request-Deadline: {time.time() + seconds:.3f}\r\n".encode()


def told(stub: Stub) -> float:
    return float(stub.asked[-1].header("x-request-deadline") or "nan")


async def test_a_timeout_ends_with_504_in_time_and_counts_against_the_instance(start: Start, stub: Stub) -> None:
    stub.answer = silence
    gateway = await start(stub.endpoint(), routes=(SOON,), traffic=ONE_FAILURE)
    async with connected(gateway) as client:
        began = time.monotonic()
        detail = str((await client.ask(get())).problem(504, "deadline-exceeded")["detail"])
        assert 0.14 <= time.monotonic() - began < 2.0
        (await client.ask(get())).problem(503, "circuit-open")
    assert "web-1" in detail
    assert gateway.plane.stats.upstream_errors["web", "deadline"] == 1
    await eventually(lambda: not stub.open_now)
    await at_rest(gateway)


async def test_the_service_is_told_the_sooner_of_both(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(PUBLIC, timeout=10.0),))
    async with connected(gateway) as client:
        await client.ask(get())
        assert 5.5 < told(stub) - time.time() <= 10.0 + 0.001
        await client.ask(get("/", until(5.0)))
        assert 1.0 < told(stub) - time.time() <= 5.0 + 0.001
        await client.ask(get("/", until(3600.0)))
        assert 5.5 < told(stub) - time.time() <= 10.0 + 0.001


async def test_without_a_timeout_the_clients_deadline_is_passed_on(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    async with connected(gateway) as client:
        await client.ask(get())
        assert stub.asked[-1].header("x-request-deadline") is None
        await client.ask(get("/", until(30.0)))
        assert 20.0 < told(stub) - time.time() <= 30.0 + 0.001


async def test_a_clients_deadline_ends_it_and_says_nothing_about_the_instance(start: Start, stub: Stub) -> None:
    stub.answer = silence
    gateway = await start(stub.endpoint(), traffic=ONE_FAILURE)
    async with connected(gateway) as client:
        for _ in range(3):
            (await client.ask(get("/", until(0.05)))).problem(504, "deadline-exceeded")
    assert len(stub.asked) == 3
    await at_rest(gateway)


async def test_a_deadline_that_has_passed_asks_nobody(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    async with connected(gateway) as client:
        (await client.ask(get("/", until(-1.0)))).problem(504, "deadline-exceeded")
        assert (await client.ask(get())).status == 200
    assert len(stub.asked) == 1


@pytest.mark.parametrize("value", ["tomorrow", "1763904123250", "-5", ""])
async def test_an_unreadable_deadline_is_the_clients_mistake(start: Start, stub: Stub, value: str) -> None:
    gateway = await start(stub.endpoint())
    async with connected(gateway) as client:
        detail = (await client.ask(get("/", f"X-Request-Deadline: {value}\r\n".encode()))).problem(400, "bad-request")
    assert "Unix seconds" in str(detail)
    assert stub.asked == []


async def test_a_stream_is_not_cut(start: Start, stub: Stub) -> None:
    async def slowly(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n")
        for byte in (b"s", b"l", b"o", b"w"):
            await asyncio.sleep(0.08)
            await talk.send(byte)

    stub.answer = slowly
    gateway = await start(stub.endpoint(), routes=(SOON,))
    async with connected(gateway) as client:
        assert (await client.ask(get())).body == b"slow"


async def test_it_covers_every_attempt_and_none_begins_after_it(start: Start, stub: Stub) -> None:
    async def dies_late(talk: Talk) -> None:
        await asyncio.sleep(0.1)
        talk.writer.close()

    stub.answer = dies_late
    retries = Retries(attempts=10, backoff=0.001, max_backoff=0.001)
    gateway = await start(
        stub.endpoint(), routes=(replace(PUBLIC, timeout=0.25),), traffic=Traffic(breaker=None, retries=retries)
    )
    async with connected(gateway) as client:
        assert (await client.ask(get())).status in (502, 504)
    assert 1 <= len(stub.asked) <= 3
    await asyncio.sleep(0.15)
    assert len(stub.asked) <= 3
    await at_rest(gateway)


async def test_a_pause_that_would_end_after_it_is_not_begun(start: Start, stub: Stub) -> None:
    async def busy(talk: Talk) -> None:
        await talk.reply(b"no", "503 Told", "retry-after: 1\r\n")

    stub.answer = busy
    gateway = await start(
        stub.endpoint(),
        routes=(replace(PUBLIC, timeout=0.5),),
        traffic=Traffic(breaker=None, retries=Retries(statuses=(503,))),
    )
    async with connected(gateway) as client:
        began = time.monotonic()
        assert (await client.ask(get())).status == 503
    assert time.monotonic() - began < 0.5
    assert len(stub.asked) == 1


async def test_it_runs_while_a_filter_waits(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(SOON,))

    async def slow(_x: Exchange) -> Refusal | None:
        await asyncio.sleep(0.4)
        return None

    gateway.plane.table.routes[0].filters = (slow,)
    async with connected(gateway) as client:
        (await client.ask(get())).problem(504, "deadline-exceeded")
    await asyncio.sleep(0.4)
    assert stub.connections == 0


async def test_it_runs_while_a_body_arrives(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(SOON,))
    async with connected(gateway) as client:
        await client.send(get("/", b"Content-Length: 10\r\n", method="POST") + b"hello")
        (await client.reply("POST")).problem(504, "deadline-exceeded")
    await at_rest(gateway)


async def test_a_deadline_twice_is_refused(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    async with connected(gateway) as client:
        (await client.ask(get("/", until(9), until(99)))).problem(400, "bad-request")


async def test_nobody_there_is_said_at_once(start: Start) -> None:
    gateway = await start(nowhere(), routes=(replace(PUBLIC, timeout=5.0),))
    async with connected(gateway) as client:
        assert (await client.ask(post(b"x"))).status == 502
    await at_rest(gateway)


async def test_a_websocket_lives_on_after_it(start: Start, stub: Stub) -> None:
    async def talkative(talk: Talk) -> None:
        await talk.send(
            b"HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: y\r\n\r\n"
        )
        await asyncio.sleep(0.4)
        await talk.send(b"still here")
        await talk.reader.read()

    stub.answer = talkative
    careful = replace(SOON, upgrade="websocket", hedge=Hedge(after=0.01), retries=Retries(per_try_timeout=0.1))
    gateway = await start(stub.endpoint(), routes=(careful,))
    handshake = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n"
    async with connected(gateway) as client:
        await client.send(get("/", handshake))
        async with asyncio.timeout(5):
            assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            assert await client.reader.readexactly(10) == b"still here"
    await at_rest(gateway)
