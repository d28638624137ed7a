"""gateway.upstream: pooled connections, and upstreams that misbehave."""

from __future__ import annotations

import asyncio

import pytest

from arena.gateway.connection import upstream
from tests.gateway.kit import QUICK, Client, Cut, Gateway, Start, Stub, Talk, connected, eventually, get, post


def scripted(data: bytes, *, close: bool = False) -> object:
    async def answer(talk: Talk) -> None:
        await talk.send(data)
        if close:
            talk.writer.close()

    return answer


BROKEN = {
    "both lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "obs-fold": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "protocol switch": b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "status 999": b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
    "endless head": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,
}


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN)
async def test_a_reply_without_one_meaning_is_502(client: Client, stub: Stub, gateway: Gateway, reply: bytes) -> None:
    stub.answer = scripted(reply)  # type: ignore[assignment]
    detail = (await client.ask(get())).problem(502, "upstream-failed")["detail"]
    assert "web-1" in str(detail)
    assert "127.0.0.1" not in str(detail)
    await eventually(lambda: stub.open_now == 0, "a broken connection is not used again")
    assert gateway.plane.stats.upstream_errors["web", "protocol"] == 1
    stub.answer = scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")  # type: ignore[assignment]
    assert (await client.ask(get())).body == b"ok"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 10\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n9\r\nhello",
    ],
    ids=["length", "between chunks", "inside a chunk"],
)
@pytest.mark.parametrize("reset", [False, True], ids=["fin", "reset"])
async def test_an_upstream_that_dies_mid_response_is_seen_as_a_cut(
    client: Client, stub: Stub, gateway: Gateway, head: bytes, reset: bool
) -> None:
    async def die(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\n" + head)
        await asyncio.sleep(0.05)
        if reset:
            talk.writer.transport.abort()
        else:
            talk.writer.close()

    stub.answer = die
    with pytest.raises(Cut) as cut:
        await client.ask(get())
    assert (cut.value.body, cut.value.status) == (b"hello", 200)
    line = await gateway.line()
    assert (line["outcome"], line["status"], line["level"]) == ("cut", 200, "error")
    assert gateway.plane.stats.upstream_errors["web", "cut"] == 1


async def test_bad_chunks_mid_response_are_a_cut(client: Client, stub: Stub, gateway: Gateway) -> None:
    async def spoil(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        await asyncio.sleep(0.02)
        await talk.send(b"nonsense\r\n")

    stub.answer = spoil
    with pytest.raises(Cut):
        await client.ask(get())
    assert (await gateway.line())["outcome"] == "cut"


async def test_an_old_client_reading_until_close_gets_a_reset_not_an_end(client: Client, stub: Stub) -> None:
    async def die(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        await asyncio.sleep(0.05)
        talk.writer.close()

    stub.answer = die
    await client.send(b"GET / HTTP/1.0\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await client.rest()


async def test_a_silent_upstream_is_504(start: Start, stub: Stub) -> None:
    async def silent(talk: Talk) -> None:
        await talk.reader.read(-1)

    stub.answer = silent
    gateway = await start(stub.endpoint(), timeouts=QUICK)
    async with connected(gateway) as client:
        (await client.ask(get())).problem(504, "upstream-timeout")
        (await client.ask(post(b"x"))).problem(504, "upstream-timeout")
    assert gateway.plane.stats.upstream_errors["web", "first_byte_timeout"] == 2
    await eventually(lambda: stub.open_now == 0)


async def test_an_upstream_that_stops_mid_response_is_cut_after_idle(start: Start, stub: Stub) -> None:
    async def stall(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        await talk.reader.read(-1)

    stub.answer = stall
    gateway = await start(stub.endpoint(), timeouts=QUICK)
    async with connected(gateway) as client:
        with pytest.raises(Cut):
            await client.ask(get())
    assert gateway.plane.stats.upstream_errors["web", "idle_timeout"] == 1


async def test_an_upstream_that_does_not_read_is_504(start: Start, stub: Stub) -> None:
    async def deaf(talk: Talk) -> None:
        talk.reader._transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(3)

    stub.stream = True
    stub.answer = deaf
    gateway = await start(stub.endpoint(), timeouts=QUICK, max_body_bytes=1 << 30)
    async with connected(gateway) as client:
        sending = asyncio.create_task(client.send(post(b"x" * 30_000_000)))
        (await client.reply("POST")).problem(504, "upstream-timeout")
        sending.cancel()


async def test_unasked_bytes_on_an_idle_connection_take_it_out_of_the_pool(client: Client, stub: Stub) -> None:
    async def chatty(talk: Talk) -> None:
        await talk.reply()
        await asyncio.sleep(0.02)
        await talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")

    stub.answer = chatty
    assert (await client.ask(get())).body == b"hello"
    await eventually(lambda: stub.open_now == 0, "the poisoned connection is closed")
    assert (await client.ask(get())).body == b"hello"


async def test_more_bytes_than_announced_never_reach_the_next_request(client: Client, stub: Stub) -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
    stub.answer = scripted(reply)  # type: ignore[assignment]
    for _ in range(3):
        assert (await client.ask(get())).body == b"hello"
    assert stub.connections == 3


async def test_a_body_in_answer_to_head_never_reaches_the_next_request(client: Client, stub: Stub) -> None:
    stub.answer = scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")  # type: ignore[assignment]
    assert (await client.ask(get(method="HEAD"))).body == b""
    assert (await client.ask(get())).body == b"hello"
    assert stub.connections == 2


async def test_connection_close_is_honoured(client: Client, stub: Stub) -> None:
    stub.answer = scripted(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", close=True)  # type: ignore[assignment]
    for _ in range(3):
        reply = await client.ask(get())
        assert (reply.body, reply.header("connection")) == (b"ok", None)
    assert stub.connections == 3


async def test_idle_connections_do_not_outlive_their_time(
    client: Client, stub: Stub, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "POOL_SECONDS", 0.05)
    assert (await client.ask(get())).status == 200
    await eventually(lambda: stub.open_now == 0, "the idle connection is closed")
    assert not gateway.plane.upstreams
    assert (await client.ask(get())).status == 200


async def test_an_idle_connection_the_upstream_closed_is_forgotten(
    client: Client, stub: Stub, gateway: Gateway
) -> None:
    assert (await client.ask(get())).status == 200
    for writer in list(stub.writers):
        writer.close()
    await eventually(lambda: not gateway.plane.upstreams)
    assert (await client.ask(post(b"x"))).status == 200


async def test_interim_replies_go_on_except_100(client: Client, stub: Stub) -> None:
    stub.answer = scripted(  # type: ignore[assignment]
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    )
    reply = await client.ask(get())
    assert (reply.interim, reply.status, reply.body) == ([103], 200, b"ok")


async def test_thousands_of_interim_replies_do_not_recurse(client: Client, stub: Stub) -> None:
    many = b"HTTP/1.1 100 Continue\r\n\r\n" * 3000
    stub.answer = scripted(many + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")  # type: ignore[assignment]
    assert (await client.ask(get())).body == b"ok"


async def test_old_clients_get_no_interim_replies(client: Client, stub: Stub) -> None:
    stub.answer = scripted(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")  # type: ignore[assignment]
    await client.send(b"GET / HTTP/1.0\r\n\r\n")
    assert (await client.rest()).startswith(b"HTTP/1.1 200")


async def test_the_reply_may_come_one_byte_at_a_time(client: Client, stub: Stub) -> None:
    async def drip(talk: Talk) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n":
            await talk.send(bytes((byte,)))
            await asyncio.sleep(0)

    stub.answer = drip
    for _ in range(2):
        assert (await client.ask(get())).body == b"abcde"
    assert stub.connections == 1
