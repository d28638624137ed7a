"""gateway.respond: replies, whole and streamed, under backpressure."""

from __future__ import annotations

import asyncio
import resource
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from arena.model.project import Timeouts
from tests.gateway.kit import Client, Gateway, Start, Stub, Talk, connected, eventually, get


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"200 OK\r\nContent-Length: 5\r\n\r\nhello", (200, b"hello", "5", None)),
        (b"200 OK\r\nContent-Length: 0\r\n\r\n", (200, b"", "0", None)),
        (b"404 Nope\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", (404, b"hello", None, "chunked")),
        (b"200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (200, b"", None, "chunked")),
        (b"204 No Content\r\n\r\n", (204, b"", None, None)),
        (b"204 No Content\r\nContent-Length: 0\r\n\r\n", (204, b"", None, None)),
        (b"304 Not Modified\r\nETag: x\r\nContent-Length: 99\r\n\r\n", (304, b"", "99", None)),
        (b"599 Odd\r\nContent-Length: 0\r\n\r\n", (599, b"", "0", None)),
    ],
)
async def test_framing_is_kept(client: Client, stub: Stub, reply: bytes, expected: tuple[object, ...]) -> None:
    async def answer(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 " + reply)

    stub.answer = answer
    for _ in range(2):
        got = await client.ask(get())
        framing = (got.header("content-length"), got.header("transfer-encoding"))
        assert (got.status, got.body, *framing) == expected
        assert got.header("x-request-id")
    assert stub.connections == 1


@pytest.mark.parametrize("dated", [b"", b"Date: Mon, 23 Nov 2026 19:00:00 GMT\r\n"])
async def test_a_body_in_reply_to_head_goes_no_further(
    gateway: Gateway, client: Client, stub: Stub, dated: bytes
) -> None:
    """It would be read as the reply to the next request."""

    async def answer(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\n" + dated + b"Content-Length: 4\r\n\r\nEVIL")

    stub.answer = answer
    for _ in range(3):
        reply = await client.ask(get(method="HEAD"), "HEAD")
        assert (reply.status, reply.header("content-length"), reply.body) == (200, "4", b"")
    assert stub.connections == 3  # nobody knows what else comes on a connection like that
    await eventually(lambda: [line["bytes_out"] for line in gateway.lines()] == [0, 0, 0])


async def test_an_interim_reply_announces_no_body(gateway: Gateway, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 9\r\n\r\n")
        await talk.reply(b"ok")

    stub.answer = answer
    async with connected(gateway) as client:
        await client.send(get("/", b"Connection: close\r\n"))
        raw = await client.rest()
    assert raw.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n")


async def test_a_reply_that_ends_with_its_connection_is_chunked_on(client: Client, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\n\r\nhel")
        await asyncio.sleep(0.01)
        await talk.send(b"lo")
        talk.writer.close()

    stub.answer = answer
    for _ in range(2):
        reply = await client.ask(get())
        assert (reply.body, reply.header("transfer-encoding")) == (b"hello", "chunked")


async def test_an_old_client_gets_chunks_as_a_body_until_close(client: Client, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")

    stub.answer = answer
    await client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    head, _, body = (await client.rest()).partition(b"\r\n\r\n")
    assert body == b"hello"
    assert b"transfer-encoding" not in head.lower()
    assert b"connection: close" in head


async def test_events_arrive_as_they_are_sent(client: Client, stub: Stub) -> None:
    more = asyncio.Event()

    async def answer(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nfirst\n\n\r\n")
        await more.wait()
        await talk.send(b"8\r\nsecond\n\n\r\n0\r\n\r\n")

    stub.answer = answer
    await client.send(get())
    async with asyncio.timeout(5):
        assert (await client.reader.readuntil(b"first\n\n\r\n")).endswith(b"7\r\nfirst\n\n\r\n")
        more.set()
        assert await client.reader.readuntil(b"0\r\n\r\n") == b"8\r\nsecond\n\n\r\n0\r\n\r\n"


async def test_an_early_reply_ends_the_connection_after_it(client: Client, stub: Stub, gateway: Gateway) -> None:
    async def early(talk: Talk) -> None:
        await talk.reply(b"too big", "413 Content Too Large")
        await talk.reader.read(-1)

    stub.stream = True
    stub.answer = early
    await client.send(get("/", b"Content-Length: 1000000\r\n", method="POST") + b"part")
    reply = await client.reply()
    assert (reply.status, reply.body, reply.header("connection")) == (413, b"too big", "close")
    await client.send(b"more")
    assert await client.at_end()
    await eventually(lambda: not gateway.plane.upstreams, "the half-read upstream connection is not pooled")


async def test_both_directions_stream_at_once(client: Client, stub: Stub) -> None:
    async def echo(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(20):
            await talk.send(b"a\r\n" + await talk.reader.readexactly(10) + b"\r\n")
        await talk.send(b"0\r\n\r\n")

    stub.stream = True
    stub.answer = echo
    await client.send(get("/", b"Content-Length: 200\r\n", method="POST"))
    async with asyncio.timeout(5):
        await client.reader.readuntil(b"\r\n\r\n")
        for n in range(20):
            await client.send(b"%010d" % n)
            assert await client.reader.readexactly(15) == b"a\r\n%010d\r\n" % n
        assert await client.reader.readexactly(5) == b"0\r\n\r\n"


SIZE = 100_000_000
PATIENT = Timeouts(idle=60.0)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def test_a_slow_reader_holds_the_upstream_back(gateway: Gateway, stub: Stub) -> None:
    sent = 0

    async def flood(talk: Talk) -> None:
        nonlocal sent
        await talk.send(f"HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n".encode())
        piece = b"x" * 100_000
        while sent < SIZE:
            sent += len(piece)
            await talk.send(piece)

    stub.answer = flood
    async with connected(gateway) as client:
        await client.send(get())
        await client.reader.readuntil(b"\r\n\r\n")
        client.writer.transport.pause_reading()
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.1)
        assert sent < SIZE / 2, "nobody reads, and yet the upstream could send everything"
        memory = _resident()
        client.writer.transport.resume_reading()
        received = 0
        async with asyncio.timeout(30):
            while received < SIZE:
                received += len(await client.reader.read(1 << 20))
                assert _resident() - memory < 30_000_000
        assert received == SIZE


async def test_a_slow_upstream_holds_the_client_back(start: Start, stub: Stub) -> None:
    reading = asyncio.Event()

    async def slow(talk: Talk) -> None:
        await reading.wait()
        left = SIZE
        while left:
            left -= len(await talk.reader.read(1 << 20))
        await talk.reply(b"all of it")

    stub.stream = True
    stub.answer = slow
    gateway = await start(stub.endpoint(), max_body_bytes=SIZE, timeouts=PATIENT)
    async with connected(gateway) as client:
        await client.send(get("/", f"Content-Length: {SIZE}\r\n".encode(), method="POST"))
        sent = 0

        async def send() -> None:
            nonlocal sent
            piece = b"x" * 100_000
            while sent < SIZE:
                await client.send(piece)
                sent += len(piece)

        sending = asyncio.create_task(send())
        before = -1
        while before != sent or not sent:
            before = sent
            await asyncio.sleep(0.1)
        assert sent < SIZE / 2, "nobody reads, and yet the client could send everything"
        memory = _resident()
        reading.set()
        reply = await asyncio.wait_for(client.reply("POST"), 30)
        await sending
        assert reply.body == b"all of it"
        assert _resident() - memory < 30_000_000
    assert (await gateway.line())["bytes_in"] == SIZE


async def test_a_reply_without_a_date_gets_one_and_another_keeps_its_own(client: Client, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        await talk.reply(headers="Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" if talk.asked.target == "/dated" else "")

    stub.answer = answer
    for _ in range(2):
        assert (await client.ask(get("/dated"))).header("date") == "Sun, 06 Nov 1994 08:49:37 GMT"
        date = (await client.ask(get("/"))).header("date")
        assert date is not None and abs(parsedate_to_datetime(date).timestamp() - time.time()) < 5
