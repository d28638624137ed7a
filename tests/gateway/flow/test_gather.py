"""gateway.gather: a filter that sees the whole body first."""

from __future__ import annotations

import pytest

from arena.gateway.exchange import Exchange
from arena.gateway.flow.gather import replace_body, whole_body
from arena.gateway.table.route import Filter
from tests.gateway.kit import Client, Gateway, Stub, connected, eventually, get, post

LIMIT = 100_000
CHUNKED = get("/", b"Transfer-Encoding: chunked\r\n", method="POST")


def reading(seen: list[bytes], limit: int = LIMIT) -> Filter:
    async def wait(x: Exchange) -> object:
        waiting = whole_body(x, limit)
        verdict = await waiting if hasattr(waiting, "__await__") else waiting
        if verdict is None and not x.over:
            seen.append(x.body)
        return verdict

    return wait  # type: ignore[return-value]  # what whole_body returns is a verdict


async def test_a_body_in_pieces_is_seen_whole_and_sent_on(gateway: Gateway, client: Client, stub: Stub) -> None:
    seen: list[bytes] = []
    gateway.filter(reading(seen))
    for body in (b"", b"short", b"x" * LIMIT):
        await client.send(get("/", b"Content-Length: %d\r\n" % len(body), method="POST"))
        for at in range(0, len(body), 30_000):
            await client.send(body[at : at + 30_000])
        assert (await client.reply("POST")).status == 200
        assert (seen[-1], stub.asked[-1].body) == (body, body)
    await client.send(CHUNKED + b"3\r\nabc\r\n")
    await client.send(b"2\r\nde\r\n")
    await client.send(b"0\r\n\r\n")
    assert (await client.reply("POST")).status == 200
    assert (seen[-1], stub.asked[-1].body) == (b"abcde", b"abcde")


async def test_the_next_request_of_the_connection_is_not_taken_for_body(
    gateway: Gateway, client: Client, stub: Stub
) -> None:
    seen: list[bytes] = []
    gateway.filter(reading(seen))
    await client.send(post(b"one")[:-1])
    await eventually(lambda: gateway.plane.stats.in_flight, "the exchange")
    await client.send(b"e" + post(b"two") + get("/three"))
    assert [(await client.reply("POST")).status for _ in range(3)] == [200] * 3
    assert seen == [b"one", b"two", b""] and stub.asked[-1].target == "/three"


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_beyond_the_limit_is_refused(
    gateway: Gateway, client: Client, stub: Stub, announced: bool
) -> None:
    gateway.filter(reading([], limit=10))
    await client.send(post(b"x" * 11) if announced else CHUNKED + b"6\r\nsix of\r\n5\r\nthem!\r\n")
    (await client.reply("POST")).problem(413, "body-too-large")
    assert stub.asked == [] and gateway.plane.stats.in_flight == 0


async def test_a_client_that_asks_first_is_told_to_go_on_once(gateway: Gateway, client: Client, stub: Stub) -> None:
    gateway.filter(reading([]))
    await client.send(get("/", b"Content-Length: 4\r\nExpect: 100-continue\r\n", method="POST"))
    assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    await client.send(b"body")
    reply = await client.reply("POST")
    assert (reply.status, reply.interim, stub.asked[0].body) == (200, [], b"body")


async def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(gateway: Gateway, stub: Stub) -> None:
    gateway.filter(reading([]))
    async with connected(gateway) as client:
        await client.send(post(b"half of it")[:-5])
        await eventually(lambda: gateway.plane.stats.in_flight == 1)
        client.leave()
        await eventually(lambda: gateway.plane.stats.in_flight == 0)
    assert (await gateway.line())["outcome"] == "left"
    assert stub.asked == []


async def test_a_replaced_body_is_framed_anew_and_can_be_retried(gateway: Gateway, client: Client, stub: Stub) -> None:
    async def change(x: Exchange) -> None:
        replace_body(x, b"changed")
        assert not x.streamed

    gateway.filter(reading([]), change)
    await client.send(CHUNKED + b"3\r\nabc\r\n0\r\n\r\n")
    assert (await client.reply("POST")).status == 200
    assert (stub.asked[0].body, stub.asked[0].header("content-length")) == (b"changed", "7")
    assert stub.asked[0].header("transfer-encoding") is None
