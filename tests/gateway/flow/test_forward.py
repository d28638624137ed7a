"""gateway.forward: filters that wait, and clients that leave."""

from __future__ import annotations

import asyncio

from arena.gateway.exchange import Exchange
from arena.gateway.refusal import Refusal
from tests.gateway.kit import Client, Gateway, Stub, connected, get, post


async def test_a_filter_may_wait_and_the_body_waits_with_it(gateway: Gateway, client: Client, stub: Stub) -> None:
    async def slow(x: Exchange) -> Refusal | None:
        await asyncio.sleep(0.02)
        return Refusal(403, "forbidden", "no") if x.head.target == b"/no" else None

    route = gateway.plane.table.routes[0]
    route.filters = (slow,)
    assert (await client.ask(post(b"x" * 500_000, "/yes"))).status == 200
    assert stub.asked[0].body == b"x" * 500_000
    (await client.ask(get("/no"))).problem(403, "forbidden")


async def test_a_client_that_leaves_while_a_filter_waits_asks_nothing_of_the_upstream(
    gateway: Gateway, stub: Stub
) -> None:
    waiting, go = asyncio.Event(), asyncio.Event()

    async def slow(_x: Exchange) -> Refusal | None:
        waiting.set()
        await go.wait()
        return None

    gateway.plane.table.routes[0].filters = (slow,)
    async with connected(gateway) as client:
        await client.send(get())
        await waiting.wait()
        client.leave()
        assert (await gateway.line())["outcome"] == "left"
    go.set()
    await asyncio.sleep(0.02)
    assert stub.connections == 0
