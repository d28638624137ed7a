"""gateway.filters.tokens: tokens booked, answers read on their way, and what was not used given back."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace

import pytest

from arena.model.project import Timeouts
from arena.model.route import RateLimit, Route
from arena.model.traffic import Traffic
from tests.gateway.kit import Client, Cut, Gateway, Reply, Start, Stub, Talk, bearer, connected, eventually, get, post

LIMIT = RateLimit(1000 / 86400, 1000, "ip", unit="tokens", name="llm", default_max_tokens=100)
ROUTE = Route("web", "web", "/", auth="none", rate_limits=(LIMIT,))
JSON = "content-type: application/json\r\n"


def prompt(size: int = 40, **more: object) -> bytes:
    """A chat request of exactly `size` bytes, or as long as it must be."""
    body = json.dumps({"messages": "", **more})
    return post(body.replace('""', '"' + "x" * (size - len(body)) + '"').encode())


def answering(stub: Stub, usage: object, status: str = "200 OK", headers: str = JSON) -> None:
    async def answer(talk: Talk) -> None:
        await talk.reply(json.dumps({"choices": [], "usage": usage}).encode(), status=status, headers=headers)

    stub.answer = answer


def left(reply: Reply) -> int:
    value = reply.header("ratelimit")
    assert value is not None and value.startswith('"llm";r=')
    return int(value.partition("r=")[2].partition(";")[0])


async def rest(client: Client) -> int:
    """What is left: a request of one token that is answered for nothing tells."""
    reply = await client.ask(prompt(40, max_tokens=1))
    return left(reply) + 11


async def test_the_most_is_booked_and_what_was_not_used_comes_back(start: Start, stub: Stub) -> None:
    answering(stub, {"total_tokens": 30})
    gateway = await start(stub.endpoint(), routes=(ROUTE,))
    async with connected(gateway) as client:
        first = await client.ask(prompt(40, max_tokens=500))
        assert left(first) == 1000 - 10 - 500
        assert first.header("ratelimit-policy") == '"llm";q=1000;qu="tokens";w=86400'
        second = await client.ask(prompt(40))
        assert left(second) == 1000 - 30 - 10 - 100
    assert stub.asked[0].header("accept-encoding") == "identity"


@pytest.mark.parametrize("coding", ["gzip", "identity, zstd", "x-own"])
async def test_what_a_request_asks_for_cannot_be_hidden_in_a_compressed_body(
    start: Start, stub: Stub, coding: str
) -> None:
    answering(stub, {"total_tokens": 1})
    shadow = replace(LIMIT, name="shadow", enforce=False)
    routes = (ROUTE, replace(ROUTE, path="/shadow", name="shadow", rate_limits=(shadow,)))
    gateway = await start(stub.endpoint(), routes=routes)
    coded = f"Content-Encoding: {coding}\r\n".encode()
    body = gzip.compress(b'{"max_tokens": 900}')
    async with connected(gateway) as client:
        refused = await client.ask(post(body, "/", coded))
        assert "compressed" in str(refused.problem(415, "unsupported-media-type")["detail"])
        assert refused.header("accept-encoding") == "identity"
        assert await rest(client) == 1000
        assert (await client.ask(post(body, "/", b"Content-Encoding: identity\r\n"))).status == 200
        assert (await client.ask(post(body, "/shadow", coded))).status == 200


async def test_a_caller_cannot_exceed_by_asking_at_once(start: Start, stub: Stub) -> None:
    opened = asyncio.Event()

    async def answer(talk: Talk) -> None:
        await opened.wait()
        await talk.reply(b'{"usage":{"total_tokens":1}}', headers=JSON)

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(ROUTE,))
    async with connected(gateway) as one, connected(gateway) as two, connected(gateway) as three:
        await one.send(prompt(40, max_tokens=490))
        await two.send(prompt(40, max_tokens=490))
        await eventually(lambda: len(stub.asked) == 2)
        reply = await three.ask(prompt(40, max_tokens=1))
        detail = str(reply.problem(429, "rate-limited")["detail"])
        assert "may use 1000 tokens a day on average and 1000 at once" in detail
        assert reply.header("retry-after") is not None
        opened.set()
        assert [(await each.reply("POST")).status for each in (one, two)] == [200, 200]
        assert (await three.ask(prompt(40, max_tokens=900))).status == 200
    assert len(stub.asked) == 3


async def test_more_than_the_quota_in_one_request_is_told_so(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(ROUTE,))
    async with connected(gateway) as client:
        reply = await client.ask(prompt(40, max_tokens=991))
        assert "this request asks for up to 1001 tokens" in str(reply.problem(429, "rate-limited")["detail"])
        assert reply.header("retry-after") is None
        assert left(await client.ask(prompt(40, max_tokens=1))) == 1000 - 11
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    ("usage", "status", "headers", "used"),
    [
        ({"total_tokens": 700}, "200 OK", JSON, 700),  # beyond what was booked
        (None, "200 OK", JSON, 110),  # nobody knows: the booking stays
        ({"total_tokens": 1}, "200 OK", JSON + "content-encoding: gzip\r\n", 1),
        ({"total_tokens": 1}, "200 OK", "content-type: text/plain\r\n", 110),
        (None, "400 Bad", JSON, 0),
        (None, "503 Busy", JSON, 0),
        ({"total_tokens": 20}, "400 Bad", JSON, 20),
    ],
)
async def test_what_a_reply_costs(
    start: Start, stub: Stub, *, usage: object, status: str, headers: str, used: int
) -> None:
    answering(stub, usage, status, headers)
    gateway = await start(stub.endpoint(), routes=(ROUTE,), traffic=Traffic(breaker=None))
    async with connected(gateway) as client:
        await client.ask(prompt(40))
        answering(stub, {"total_tokens": 0})
        assert await rest(client) == 1000 - used


async def test_a_stream_passes_piece_by_piece_and_its_last_chunk_counts(start: Start, stub: Stub) -> None:
    go = asyncio.Event()

    async def answer(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        await talk.send(b"a\r\ndata: {}\n\n\r\n")
        await go.wait()
        last = b'data: {"usage":{"total_tokens":77}}\n\ndata: [DONE]\n\n'
        await talk.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(last), last))

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(ROUTE,))
    async with connected(gateway) as client:
        await client.send(prompt(40))
        async with asyncio.timeout(5):
            await client.reader.readuntil(b"data: {}\n\n")
        go.set()
        await client.reader.readuntil(b"0\r\n\r\n")
        answering(stub, {"total_tokens": 0})
        assert await rest(client) == 1000 - 77


async def test_a_stream_without_usage_counts_its_events(start: Start, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        await talk.reply(b"data: {}\n\n" * 15 + b"data: [DONE]\n\n", headers="content-type: text/event-stream\r\n")

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(ROUTE,))
    async with connected(gateway) as client:
        await client.ask(prompt(40))
        answering(stub, {"total_tokens": 0})
        assert await rest(client) == 1000 - 10 - 15


async def test_what_breaks_off_keeps_its_booking_and_what_was_never_sent_does_not(start: Start, stub: Stub) -> None:
    async def half(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf")
        talk.writer.close()

    stub.answer = half
    gateway = await start(stub.endpoint(), routes=(ROUTE,), traffic=Traffic(breaker=None))
    async with connected(gateway) as client:
        with pytest.raises(Cut):
            await client.ask(prompt(40))
    gateway.endpoints()
    async with connected(gateway) as client:
        assert (await client.ask(prompt(40))).status == 503
        answering(stub, {"total_tokens": 0})
        gateway.endpoints(stub.endpoint())
        assert await rest(client) == 1000 - 110


async def test_who_leaves_while_the_model_works_keeps_its_booking(start: Start, stub: Stub) -> None:
    async def never(_talk: Talk) -> None:
        await asyncio.Event().wait()

    stub.answer = never
    gateway = await start(stub.endpoint(), routes=(ROUTE,))
    async with connected(gateway) as client:
        await client.send(prompt(40))
        await eventually(lambda: len(stub.asked) == 1)
        client.leave()
        await eventually(lambda: not gateway.plane.stats.in_flight)
    answering(stub, {"total_tokens": 0})
    async with connected(gateway) as client:
        assert await rest(client) == 1000 - 110


async def test_a_body_in_pieces_is_booked_when_it_is_whole(start: Start, stub: Stub) -> None:
    answering(stub, None)
    gateway = await start(stub.endpoint(), routes=(ROUTE,), timeouts=Timeouts())
    whole = prompt(400, max_tokens=5)
    async with connected(gateway) as client:
        await client.send(whole[:-100])
        await eventually(lambda: gateway.plane.stats.in_flight)
        await client.send(whole[-100:])
        assert left(await client.reply("POST")) == 1000 - 105
    assert len(stub.asked[0].body) == 400


async def test_requests_without_a_body_use_nothing(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(ROUTE,))
    async with connected(gateway) as client:
        reply = await client.ask(get("/v1/models"))
        assert (reply.status, reply.header("ratelimit")) == (200, None)


async def test_shadow_mode_and_several_limits(start: Start, stub: Stub) -> None:
    answering(stub, {"total_tokens": 50})
    limits = (replace(LIMIT, name="trial", burst=5, enforce=False), replace(LIMIT, algorithm="fixed_window"))
    gateway = await start(stub.endpoint(), routes=(replace(ROUTE, rate_limits=limits),))
    async with connected(gateway) as client:
        assert left(await client.ask(prompt(40))) == 890
        assert left(await client.ask(prompt(40))) == 840
        page = (await client.ask(get("/metrics"))).body.decode()
    assert 'arena_gateway_limit_over_total{limit="trial",route="web",enforced="false"} 2' in page


async def test_callers_and_requests_are_counted_apart(start: Start, stub: Stub) -> None:
    answering(stub, {"total_tokens": 50})
    limits = (replace(LIMIT, by="principal"), RateLimit(2 / 86400, 2, "principal", name="calls"))
    gateway: Gateway = await start(stub.endpoint(), routes=(replace(ROUTE, auth="required", rate_limits=limits),))

    async def ask(client: Client, sub: str) -> Reply:
        return await client.ask(prompt(40).replace(b"\r\n\r\n", b"\r\n" + bearer(sub=sub) + b"\r\n", 1))

    async with connected(gateway) as client:
        for sub in ("ana", "ben"):
            for number in range(2):
                reply = await ask(client, sub)
                told = [value for name, value in reply.headers if name == "ratelimit"]
                assert f'"llm";r={890 - 50 * number};' in "".join(told)
            (await ask(client, sub)).problem(429, "rate-limited")
