"""gateway.client: what is no request, is too large, or is wanted by nobody, and what becomes of the connection."""

from __future__ import annotations

import asyncio

import pytest

from arena.model.route import Route
from tests.gateway.kit import QUICK, Client, Gateway, Start, Stub, connected, eventually, get, post, silence


async def test_endless_blank_lines_are_not(client: Client) -> None:
    await client.send(b"\r\n" * 1000)
    (await client.reply()).problem(400, "bad-request")
    assert await client.at_end()


@pytest.mark.parametrize(
    "data",
    [
        b"GET /health HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\n",
        b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n",
        b"GET / HTTP/1.1\r\n\nHost: a\r\n",
        b"GET / HTTP/1.1\rHost: a\r\r",
    ],
)
async def test_a_bare_line_end_in_a_head_is_refused_at_once(client: Client, stub: Stub, data: bytes) -> None:
    await client.send(data[:-3])
    await asyncio.sleep(0)
    await client.send(data[-3:])
    (await client.reply()).problem(400, "bad-request")  # long before the header timeout, which is 10 s
    assert await client.at_end()
    assert stub.asked == []


async def test_a_megabyte_of_headers_is_431(client: Client, stub: Stub) -> None:
    data = get("/", *(b"X-%d: %b\r\n" % (n, b"y" * 100) for n in range(10_000)))
    await client.send(data)
    (await client.reply()).problem(431, "header-too-large")
    assert await client.at_end()
    assert stub.asked == []


async def test_a_head_without_end_is_431_before_it_is_whole(client: Client) -> None:
    await client.send(b"GET / HTTP/1.1\r\nX: " + b"y" * 40_000)
    (await client.reply()).problem(431, "header-too-large")


async def test_an_announced_body_beyond_the_limit_is_413_at_once(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), max_body_bytes=1000)
    async with connected(gateway) as client:
        await client.send(get("/", b"Content-Length: 1001\r\n", method="POST"))
        (await client.reply()).problem(413, "body-too-large")
        assert await client.at_end()
    async with connected(gateway) as client:
        assert (await client.ask(post(b"x" * 1000))).status == 200
    assert len(stub.asked) == 1


async def test_a_chunked_body_beyond_the_limit_is_413_too(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), max_body_bytes=1000)
    async with connected(gateway) as client:
        await client.send(get("/", b"Transfer-Encoding: chunked\r\n", method="POST"))
        for _ in range(5):
            await client.send(b"ff\r\n" + b"x" * 255 + b"\r\n")
        (await client.reply()).problem(413, "body-too-large")
        assert await client.at_end()
    await eventually(lambda: stub.open_now == 0, "the upstream connection is dropped")


async def test_a_refused_expectation_never_asks_for_the_body(start: Start) -> None:
    gateway = await start(routes=())
    async with connected(gateway) as client:
        reply = await client.ask(get("/x", b"Content-Length: 4\r\nExpect: 100-continue\r\n", method="POST"))
        reply.problem(404, "not-found")
        assert reply.interim == []
        assert reply.header("connection") == "close"


async def test_websocket_is_refused_cleanly(client: Client, stub: Stub) -> None:
    reply = await client.ask(get("/", b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"))
    assert "WebSocket" in str(reply.problem(501, "not-implemented")["detail"])
    assert stub.asked == []
    assert (await client.ask(get())).status == 200


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b" GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
async def test_bad_bytes_get_400_and_the_connection_ends(
    client: Client, stub: Stub, junk: bytes, gateway: Gateway
) -> None:
    await client.send(junk + get("/smuggled"))
    reply = await client.reply()
    reply.problem(400, "bad-request")
    assert reply.header("connection") == "close"
    assert await client.at_end()
    assert [asked.target for asked in stub.asked if asked.target == "/smuggled"] == []
    assert (await gateway.line())["outcome"] == "refused"


async def test_bad_chunks_in_a_later_piece_are_400_and_the_upstream_is_dropped(client: Client, stub: Stub) -> None:
    stub.stream = True
    stub.answer = silence
    await client.send(get("/", b"Transfer-Encoding: chunked\r\n", method="POST") + b"5\r\nhello\r\n")
    await eventually(lambda: stub.asked)
    await client.send(b"oops\r\n")
    (await client.reply()).problem(400, "bad-request")
    assert await client.at_end()
    await eventually(lambda: stub.open_now == 0)


async def test_a_short_body_that_nobody_wants_does_not_cost_the_connection(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(Route("r", "web", "/"),))
    async with connected(gateway) as client:
        for _ in range(3):
            await client.send(get("/", b"Content-Length: 10\r\n", method="POST"))
            reply = await client.reply()
            assert (reply.problem(401, "unauthenticated")["status"], reply.header("connection")) == (401, None)
            await client.send(b"01234")
            await client.send(b"56789" + get("/health"))
            assert (await client.reply()).status == 200
    assert stub.asked == []


async def test_a_short_body_that_never_comes_costs_the_connection(start: Start) -> None:
    gateway = await start(routes=(), timeouts=QUICK)
    async with connected(gateway) as client:
        await client.send(get("/", b"Content-Length: 10\r\n", method="POST"))
        (await client.reply()).problem(404, "not-found")
        assert await client.at_end()


async def test_a_refusal_in_front_of_a_long_body_still_reaches_the_client(start: Start) -> None:
    gateway = await start(routes=())
    async with connected(gateway) as client:
        body = b"x" * 3_000_000
        sending = asyncio.create_task(client.send(post(body)))
        (await client.reply()).problem(404, "not-found")
        sending.cancel()


async def test_beyond_the_cap_a_client_is_told_so(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), max_connections=2)
    async with connected(gateway) as one, connected(gateway) as two:
        assert (await one.ask(get())).status == 200
        assert (await two.ask(get())).status == 200
        async with connected(gateway) as three:
            reply = await three.reply()
            assert (reply.status, reply.header("retry-after")) == (503, "1")
            assert await three.at_end()
    await eventually(lambda: not gateway.plane.clients)
    async with connected(gateway) as four:
        assert (await four.ask(get())).status == 200
