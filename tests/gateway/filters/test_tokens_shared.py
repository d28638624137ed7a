"""gateway.filters.tokens_shared: one count of tokens for several gateways."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from arena.model.route import RateLimit, Route
from tests import valkey
from tests.gateway.filters.test_tokens import LIMIT, answering, left, prompt
from tests.gateway.kit import Gateway, Start, Stub, Talk, connected, eventually, get


@pytest.fixture(scope="module")
def server() -> Iterator[valkey.Server]:
    with valkey.running() as one:
        yield one


async def begin(start: Start, stub: Stub, server: valkey.Server, limit: RateLimit) -> Gateway:
    route = Route("web", "web", "/", auth="none", rate_limits=(limit,))
    return await start(stub.endpoint(), routes=(route,), store=server.address)


@pytest.mark.parametrize("algorithm", ["token_bucket", "fixed_window"])
async def test_gateways_share_one_count(start: Start, stub: Stub, server: valkey.Server, algorithm: str) -> None:
    answering(stub, {"total_tokens": 30})
    limit = replace(LIMIT, algorithm=algorithm, by="header:x-tenant")  # type: ignore[arg-type]  # one of them
    gateways = [await begin(start, stub, server, limit) for _ in range(2)]
    tenant = b"\r\nX-Tenant: " + algorithm.encode() + b"\r\n\r\n"
    ask = prompt(40, max_tokens=500).replace(b"\r\n\r\n", tenant, 1)
    async with connected(gateways[0]) as one, connected(gateways[1]) as two:
        assert left(await one.ask(ask)) == 490
        async with asyncio.timeout(5):
            while (reply := await two.ask(ask)).status == 429:  # until the first one is settled, a moment later
                pass
        assert left(reply) == 460
        beyond = prompt(40, max_tokens=991).replace(b"\r\n\r\n", tenant, 1)
        assert "up to 1001 tokens" in str((await one.ask(beyond)).problem(429, "rate-limited")["detail"])
        assert (await one.ask(get("/", tenant[2:-2]))).status == 200
        coded = ask.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n", 1)
        assert (await one.ask(coded)).status == 415


@pytest.mark.parametrize(("rule", "status"), [("allow", 200), ("deny", 503)])
async def test_without_the_store_each_limit_says_what_becomes_of_requests(
    start: Start, stub: Stub, rule: str, status: int
) -> None:
    answering(stub, {"total_tokens": 30})
    limit = replace(LIMIT, on_store_error=rule)  # type: ignore[arg-type]  # one of them
    with valkey.running() as server:
        gateway = await begin(start, stub, server, limit)
    store = gateway.view.store
    assert store is not None
    await eventually(lambda: not store.reachable)
    async with connected(gateway) as client:
        assert (await client.ask(prompt(40))).status == status


async def test_a_store_that_dies_before_the_settlement_costs_nobody_an_error(start: Start, stub: Stub) -> None:
    go = asyncio.Event()

    async def answer(talk: Talk) -> None:
        await go.wait()
        await talk.reply(b'{"usage":{"total_tokens":1}}', headers="content-type: application/json\r\n")

    stub.answer = answer
    with valkey.running() as server:
        gateway = await begin(start, stub, server, LIMIT)
        async with connected(gateway) as client:
            await client.send(prompt(40))
            await eventually(lambda: len(stub.asked) == 1)
            server.kill()
            go.set()
            assert (await client.reply("POST")).status == 200
            assert (await client.ask(prompt(40))).status == 200  # on_store_error: allow


@pytest.mark.parametrize("algorithm", ["token_bucket", "fixed_window"])
async def test_new_callers_share_a_count_where_the_store_is_crowded(
    start: Start, stub: Stub, server: valkey.Server, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.gateway.filters.limit_shared.SLOTS", 1)
    monkeypatch.setattr("arena.gateway.store.store.LOOK_SECONDS", 3600.0)
    answering(stub, {"total_tokens": 30})
    limit = replace(LIMIT, algorithm=algorithm, by="header:x-crowd")  # type: ignore[arg-type]  # one of them
    gateway = await begin(start, stub, server, limit)
    assert gateway.view.store is not None

    async def spent(tenant: bytes) -> int:
        line = b"\r\nX-Crowd: " + tenant + b"\r\n\r\n"
        async with connected(gateway) as client:
            reply = await client.ask(prompt(40, max_tokens=500).replace(b"\r\n\r\n", line, 1))
        return -1 if reply.status == 429 else left(reply)

    assert await spent(b"known") == 490
    gateway.view.store.fill = 1.0
    assert await spent(b"one") == 490
    async with asyncio.timeout(5):
        while (rest := await spent(b"other")) == -1:  # until the first one is settled
            pass
    assert rest == 460, "what the first used is settled where it was booked"
    async with asyncio.timeout(5):
        while (rest := await spent(b"known")) == -1:
            pass
    assert rest == 460, "who was known has a count of its own"
