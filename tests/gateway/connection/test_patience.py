"""gateway.client: clients that take too long, fall silent or leave."""

from __future__ import annotations

import asyncio

from tests.gateway.kit import QUICK, Client, Gateway, Start, Stub, Talk, connected, eventually, get, silence


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
    stub.answer = silence
    gateway = await start(stub.endpoint(), timeouts=QUICK)
    async with connected(gateway) as client:
        await client.send(get("/", b"Content-Length: 100\r\n", method="POST") + b"half")
        (await client.reply()).problem(408, "request-timeout")
        assert await client.at_end()
    await eventually(lambda: stub.open_now == 0, "the upstream connection is dropped")


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


async def test_a_client_that_leaves_before_the_reply_frees_the_upstream(gateway: Gateway, stub: Stub) -> None:
    stub.answer = silence
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
    stub.answer = silence
    async with connected(gateway) as client:
        await client.send(get("/", b"Content-Length: 100\r\n", method="POST") + b"half")
        await eventually(lambda: stub.asked)
        client.leave()
        assert (await gateway.line())["outcome"] == "left"
    await eventually(lambda: stub.open_now == 0)
