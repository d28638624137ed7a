"""gateway.client: the connection state machine, byte by byte."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.model.route import Route
from tests.gateway.kit import QUICK, Client, Cut, Gateway, Start, Stub, Talk, connected, eventually, get, post


async def test_a_request_and_its_reply(client: Client, stub: Stub, gateway: Gateway) -> None:
    reply = await client.ask(get("/a?b=c"))
    assert (reply.status, reply.body) == (200, b"hello")
    assert [(asked.method, asked.target) for asked in stub.asked] == [("GET", "/a?b=c")]
    line = await gateway.line()
    assert (line["status"], line["outcome"], line["path"], line["bytes_out"]) == (200, "served", "/a", 5)


async def test_keep_alive_reuses_both_connections(client: Client, stub: Stub) -> None:
    for n in range(5):
        assert (await client.ask(get(f"/{n}"))).status == 200
    assert stub.connections == 1
    assert [asked.target for asked in stub.asked] == ["/0", "/1", "/2", "/3", "/4"]


async def test_pipelined_requests_are_answered_in_order(client: Client, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        if talk.asked.target == "/1":
            await asyncio.sleep(0.05)  # the first takes longest, and still comes first
        await talk.reply(talk.asked.target.encode() + talk.asked.body)

    stub.answer = answer
    await client.send(get("/1") + post(b"two", "/2") + get("/3") + get("/nothing/../4"))
    assert [(await client.reply()).body for _ in range(4)] == [b"/1", b"/2two", b"/3", b"/4"]


async def test_hundreds_of_pipelined_refusals_do_not_recurse(start: Start) -> None:
    gateway = await start(routes=())
    async with connected(gateway) as client:
        await client.send(get("/none") * 700)
        for _ in range(700):
            assert (await client.reply()).status == 404


SPLIT = get("/a") + post(b"x" * 10, "/b") + get("/c", b"X-Y: z\r\n")


async def test_two_pieces_cut_anywhere(gateway: Gateway) -> None:
    async def cut(at: int) -> None:
        async with connected(gateway) as client:
            await client.send(SPLIT[:at])
            await asyncio.sleep(0)
            await client.send(SPLIT[at:])
            assert [(await client.reply()).status for _ in range(3)] == [200, 200, 200], at

    for first in range(1, len(SPLIT), 8):
        await asyncio.gather(*(cut(at) for at in range(first, min(first + 8, len(SPLIT)))))


@given(st.lists(st.integers(1, 200), max_size=8))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_many_pieces_cut_anywhere(gateway: Gateway, at: list[int]) -> None:
    chunks = b"5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"
    chunked = get("/d", b"Transfer-Encoding: chunked\r\n", method="POST") + chunks
    whole = SPLIT + chunked
    points = sorted({0, len(whole), *at})
    async with connected(gateway) as client:
        for a, b in pairwise(points):
            await client.send(whole[a:b])
            await asyncio.sleep(0)
        assert [(await client.reply()).status for _ in range(4)] == [200] * 4


async def test_blank_lines_before_a_request_are_passed_over(client: Client) -> None:
    assert (await client.ask(b"\r\n\r\n" + get(), method="GET")).status == 200
    assert (await client.ask(b"\r\n" + get(), method="GET")).status == 200


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


async def test_a_line_end_cut_in_two_is_not_bare(client: Client) -> None:
    await client.send(b"GET / HTTP/1.1\r")
    await asyncio.sleep(0.01)
    assert (await client.ask(b"\nHost: a\r\n\r\n", method="GET")).status == 200


# Sizes.


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


# Time.


async def test_slowloris_is_408_however_it_trickles(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), timeouts=QUICK)
    async with connected(gateway) as client:
        await client.send(b"GET / HTTP/1.1\r\n")
        trickle = asyncio.create_task(_trickle(client))
        (await client.reply()).problem(408, "request-timeout")
        trickle.cancel()
        assert await client.at_end()
    assert (await gateway.line())["status"] == 408


async def _trickle(client: Client) -> None:
    while True:
        await client.send(b"X-A: b\r\n")
        await asyncio.sleep(0.05)


async def test_a_body_that_stops_is_408(start: Start, stub: Stub) -> None:
    stub.stream = True
    stub.answer = _silent
    gateway = await start(stub.endpoint(), timeouts=QUICK)
    async with connected(gateway) as client:
        await client.send(get("/", b"Content-Length: 100\r\n", method="POST") + b"half")
        (await client.reply()).problem(408, "request-timeout")
        assert await client.at_end()
    await eventually(lambda: stub.open_now == 0, "the upstream connection is dropped")


async def _silent(talk: Talk) -> None:
    await talk.reader.read(-1)
    talk.writer.close()


async def test_a_quiet_connection_is_closed_without_a_word(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), timeouts=QUICK)
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 200
        assert await client.at_end()


async def test_a_client_that_does_not_read_is_cut_in_the_end(start: Start, stub: Stub) -> None:
    async def flood(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await talk.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    stub.answer = flood
    gateway = await start(stub.endpoint(), timeouts=QUICK)
    async with connected(gateway) as client:
        client.writer.transport.pause_reading()
        await client.send(get())
        line = await gateway.line()
        assert line["outcome"] == "left"
        assert int(str(line["bytes_out"])) < 20_000_000
    await eventually(lambda: stub.open_now == 0)


# Versions and methods.


async def test_http_1_0_is_closed_after_the_reply(client: Client, stub: Stub) -> None:
    await client.send(b"GET / HTTP/1.0\r\n\r\n")
    assert (await client.rest()).endswith(b"\r\nconnection: close\r\n\r\nhello")


async def test_http_1_0_may_ask_to_be_kept(client: Client) -> None:
    ask = b"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"
    for _ in range(2):
        reply = await client.ask(ask)
        assert (reply.body, reply.header("connection")) == (b"hello", "keep-alive")


async def test_connection_close_is_honoured(client: Client) -> None:
    reply = await client.ask(get("/", b"Connection: close\r\n"))
    assert reply.header("connection") == "close"
    assert await client.at_end()


async def test_head_has_no_body_and_keeps_the_length(client: Client, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\ncontent-length: 12345\r\n\r\n")

    stub.answer = answer
    for _ in range(2):
        reply = await client.ask(get(method="HEAD"))
        assert (reply.status, reply.header("content-length"), reply.body) == (200, "12345", b"")
    assert stub.connections == 1


async def test_expect_100_continue(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    async with connected(gateway) as client:
        await client.send(get("/", b"Content-Length: 4\r\nExpect: 100-continue\r\n", method="POST"))
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"body")
        assert (await client.reply("POST")).status == 200
    assert stub.asked[0].body == b"body"
    assert stub.asked[0].header("expect") is None


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


# Leaving.


async def test_a_client_that_leaves_before_the_reply_frees_the_upstream(gateway: Gateway, stub: Stub) -> None:
    stub.answer = _silent
    async with connected(gateway) as client:
        await client.send(get("/slow"))
        await eventually(lambda: stub.asked)
        client.leave()
        line = await gateway.line()
    assert (line["outcome"], line["status"]) == ("left", 499)
    await eventually(lambda: stub.open_now == 0, "the upstream connection is closed")
    assert gateway.plane.stats.in_flight == 0


async def test_a_client_that_leaves_mid_stream_frees_the_upstream(gateway: Gateway, stub: Stub) -> None:
    async def stream(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await talk.send(b"5\r\nhello\r\n")
            await asyncio.sleep(0.01)

    stub.answer = stream
    async with connected(gateway) as client:
        await client.send(get())
        await client.reader.readuntil(b"hello")
        client.leave()
        line = await gateway.line()
    assert (line["outcome"], line["status"]) == ("left", 200)
    await eventually(lambda: stub.open_now == 0, "the upstream connection is closed")


async def test_a_client_that_leaves_in_its_own_body_frees_the_upstream(gateway: Gateway, stub: Stub) -> None:
    stub.stream = True
    stub.answer = _silent
    async with connected(gateway) as client:
        await client.send(get("/", b"Content-Length: 100\r\n", method="POST") + b"half")
        await eventually(lambda: stub.asked)
        client.leave()
        assert (await gateway.line())["outcome"] == "left"
    await eventually(lambda: stub.open_now == 0)


# Refused bytes.


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
    stub.answer = _silent
    await client.send(get("/", b"Transfer-Encoding: chunked\r\n", method="POST") + b"5\r\nhello\r\n")
    await eventually(lambda: stub.asked)
    await client.send(b"oops\r\n")
    (await client.reply()).problem(400, "bad-request")
    assert await client.at_end()
    await eventually(lambda: stub.open_now == 0)


async def test_what_follows_a_chunked_request_in_the_same_piece_is_not_guessed_at(client: Client, stub: Stub) -> None:
    chunked = get("/a", b"Transfer-Encoding: chunked\r\n", method="POST") + b"5\r\nhello\r\n0\r\n\r\n"
    reply = await client.ask(chunked + get("/b"))
    assert (reply.status, reply.header("connection")) == (200, "close")
    assert await client.at_end()
    assert [asked.target for asked in stub.asked] == ["/a"]


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


# The cap.


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


async def test_cut_is_what_the_client_fixture_sees(client: Client, stub: Stub) -> None:
    """The test kit itself: a short reply is not taken for a whole one."""

    async def short(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        talk.writer.close()

    stub.answer = short
    with pytest.raises(Cut):
        await client.ask(get())


async def test_a_head_that_comes_again_may_bring_another_along(client: Client, stub: Stub) -> None:
    """Remembered heads are known by all bytes that came; what came behind one is read as what it is."""
    for _ in range(3):
        assert (await client.ask(get("/again"))).status == 200
    await client.send(get("/again") + get("/other") + get("/again")[:-1])
    assert [(await client.reply()).status for _ in range(2)] == [200, 200]
    await client.send(get("/again")[-1:])
    assert (await client.reply()).status == 200
    assert [asked.target for asked in stub.asked] == ["/again"] * 4 + ["/other", "/again"]
