"""gateway.recast: replies held back, changed and sent on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from arena.gateway.exchange import Exchange
from arena.gateway.refusal import Refusal
from arena.gateway.wire.reply import ReplyDraft
from tests.gateway.kit import Client, Gateway, Stub, Talk, get


@dataclass
class Loud:
    """Changes text replies to upper case."""

    limit: int = 1000

    def wants(self, x: Exchange, head: ReplyDraft) -> bool:
        return x.head.target != b"/as-is"

    def change(self, x: Exchange, head: ReplyDraft, body: bytes) -> bytes | Refusal:
        return Refusal(502, "upstream-failed", "no") if body == b"odd" else body.upper() * 2


def loudly(x: Exchange) -> None:
    x.recast = Loud()


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\n\r\nhello"


@pytest.mark.parametrize("reply", [WHOLE, CHUNKED, ENDLESS])
@pytest.mark.parametrize("pieces", [1, 7])
async def test_the_body_is_changed_however_it_comes(
    gateway: Gateway, client: Client, stub: Stub, reply: bytes, pieces: int
) -> None:
    async def answer(talk: Talk) -> None:
        step = len(reply) // pieces
        for at in range(0, len(reply), step):
            await talk.send(reply[at : at + step])
            await asyncio.sleep(0.001)
        if reply is ENDLESS:
            talk.writer.close()

    stub.answer = answer
    gateway.filter(loudly)
    for _ in range(2):
        got = await client.ask(get())
        assert (got.status, got.body, got.header("content-length")) == (200, b"HELLOHELLO", "10")
        assert got.header("transfer-encoding") is None
    assert stub.connections == (2 if reply is ENDLESS else 1)
    assert gateway.plane.stats.in_flight == 0


async def test_what_it_does_not_want_passes_as_it_is(gateway: Gateway, client: Client) -> None:
    gateway.filter(loudly)
    assert (await client.ask(get("/as-is"))).body == b"hello"


async def test_a_head_alone_announces_no_length(gateway: Gateway, client: Client) -> None:
    gateway.filter(loudly)
    reply = await client.ask(get(method="HEAD"))
    assert (reply.status, reply.body, reply.header("content-length")) == (200, b"", None)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly a part",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nodd",
    ],
    ids=["announced too long", "too long", "broken off", "refused by the change"],
)
async def test_a_reply_that_cannot_be_changed_is_refused_not_passed(
    gateway: Gateway, client: Client, stub: Stub, reply: bytes
) -> None:
    async def answer(talk: Talk) -> None:
        await talk.send(reply)
        talk.writer.close()

    stub.answer = answer
    gateway.filter(loudly)
    (await client.ask(get())).problem(502, "upstream-failed")
    assert gateway.plane.stats.in_flight == 0
