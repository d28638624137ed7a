"""A service that counts what it is asked to do, and what became of requests with a key."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from arena.model.idempotency import IdempotencyRule
from arena.model.route import Route
from tests.gateway.kit import Client, Gateway, Reply, Stub, Talk, bearer

GUARDED = Route("web", "web", "/", idempotency=IdempotencyRule())
ALICE, BOB = bearer("user", sub="alice"), bearer("user", sub="bob")
KEY = b"Idempotency-Key: k1\r\n"


def ruled(**rule: Any) -> Route:
    return replace(GUARDED, idempotency=IdempotencyRule(**rule))


class Counter:
    """Answers each request with its number."""

    def __init__(self, stub: Stub) -> None:
        self.count = 0
        self.status = "201 Created"
        self.body = b""
        self.go = asyncio.Event()
        self.go.set()
        stub.answer = self

    async def __call__(self, talk: Talk) -> None:
        self.count += 1
        number = self.count
        await self.go.wait()
        await talk.reply(self.body or b"done %d" % number, self.status, "location: /1\r\n")


def results(gateway: Gateway) -> dict[str, int]:
    assert gateway.view.memory.idempotency is not None
    return {result: count for (_, result), count in gateway.view.memory.idempotency.results.items()}


def same(one: Reply, other: Reply) -> bool:
    return (one.status, one.body, one.header("location")) == (other.status, other.body, other.header("location"))


async def again(client: Client, data: bytes, want: int = 201) -> Reply:
    """Ask until the first request is settled: its reply reaches the client a moment earlier."""
    while True:
        reply = await client.ask(data)
        if reply.status != 409 or want == 409:
            return reply
