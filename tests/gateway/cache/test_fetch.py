"""gateway.cache.fetch: which replies are kept, beside what test_route.py shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arena.gateway.exchange import Exchange
from arena.model.cache import CacheRule
from arena.model.resilience import Fallback
from arena.model.traffic import BreakerRule
from tests.gateway.cache.kit import origin, said
from tests.gateway.kit import PUBLIC, Start, Stub, Talk, connected, get

KEEPING = replace(PUBLIC, cache=CacheRule())


async def test_another_services_reply_is_not_kept_as_this_ones(start: Start, stub: Stub) -> None:
    origin(stub)
    gateway = await start(stub.endpoint(), routes=(KEEPING,))

    def elsewhere(x: Exchange) -> None:
        x.service = replace(x.service, name="fallback")

    gateway.filter(elsewhere)
    async with connected(gateway) as client:
        assert said(await client.ask(get())) == "fwd=miss; fwd-status=200"
        assert (await client.ask(get())).body == b"reply 2"


async def test_a_kept_reply_goes_before_a_fallback(start: Start, stub: Stub) -> None:
    spare = Fallback(status=200, body="spare", on=("unavailable", "failed"), statuses=(503,))
    breaker = BreakerRule(failures=1, open_for=60.0)
    route = replace(KEEPING, cache=CacheRule(stale_if_error=60.0), fallback=spare, breaker=breaker)
    service = origin(stub, "cache-control: max-age=0\r\n")
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as client:
        await client.ask(get())
        service.status = "503 Busy"
        kept = await client.ask(get())
        assert (kept.status, kept.body, kept.header("x-arena-fallback")) == (200, b"reply 1", None)
        # That counts as a failure all the same: the route's breaker is open now, and nobody is asked.
        assert (await client.ask(get())).body == b"reply 1"
        assert service.count == 2
        assert (await client.ask(get("/other"))).body == b"spare"


async def test_a_chunked_reply_is_given_with_its_length(start: Start, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        await talk.send(
            b"HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ntransfer-encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2\r\nde\r\n0\r\ntrailer: x\r\n\r\n"
        )

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(KEEPING,))
    async with connected(gateway) as client:
        first, second = await client.ask(get()), await client.ask(get())
    assert (first.body, second.body, second.header("content-length")) == (b"abcde", b"abcde", "5")
    assert second.header("transfer-encoding") is None
    assert len(stub.asked) == 1


@pytest.mark.parametrize(("status", "framing"), [("204 No Content", ""), ("301 Moved", "content-length: 0\r\n")])
async def test_replies_without_a_body(start: Start, stub: Stub, status: str, framing: str) -> None:
    async def bare(talk: Talk) -> None:
        await talk.send(f"HTTP/1.1 {status}\r\ncache-control: max-age=60\r\nlocation: /x\r\n{framing}\r\n".encode())

    stub.answer = bare
    gateway = await start(stub.endpoint(), routes=(KEEPING,))
    async with connected(gateway) as client:
        first, second = [await client.ask(get()) for _ in range(2)]
    assert (first.status, second.status, second.body) == (int(status[:3]), int(status[:3]), b"")
    assert said(second).startswith("hit") and second.header("location") == "/x"
    assert len(stub.asked) == 1


async def test_bytes_behind_a_304_do_not_become_another_reply(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=0\r\n", etag='"v1"')
    gateway = await start(stub.endpoint(), routes=(KEEPING,))
    async with connected(gateway) as client:
        await client.ask(get())

        async def answer(talk: Talk) -> None:
            if talk.asked.header("if-none-match"):
                await talk.send(b"HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")
            else:
                await talk.reply(b"good")

        stub.answer = answer
        assert (await client.ask(get())).body == b"reply 1"
        assert (await client.ask(get("/other"))).body == b"good"
    assert service.count == 1 and stub.connections == 2
