"""gateway.client: requests and replies on one connection, byte by byte."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.kit import Client, Cut, Gateway, Start, Stub, Talk, connected, get, post


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


async def test_a_line_end_cut_in_two_is_not_bare(client: Client) -> None:
    await client.send(b"GET / HTTP/1.1\r")
    await asyncio.sleep(0.01)
    assert (await client.ask(b"\nHost: a\r\n\r\n", method="GET")).status == 200


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


async def test_what_follows_a_chunked_request_in_the_same_piece_is_not_guessed_at(client: Client, stub: Stub) -> None:
    chunked = get("/a", b"Transfer-Encoding: chunked\r\n", method="POST") + b"5\r\nhello\r\n0\r\n\r\n"
    reply = await client.ask(chunked + get("/b"))
    assert (reply.status, reply.header("connection")) == (200, "close")
    assert await client.at_end()
    assert [asked.target for asked in stub.asked] == ["/a"]


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
