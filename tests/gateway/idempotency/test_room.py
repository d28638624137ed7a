"""gateway.idempotency.guard: who is remembered when the store is down, or room is short."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from arena.gateway.idempotency.memory import MAX_BYTES, MemoryLedger
from arena.gateway.idempotency.record import Full, Record, Terms
from arena.gateway.refusal import Reply as Kept
from arena.model.idempotency import IdempotencyRule
from tests import valkey
from tests.gateway.idempotency.kit import ALICE, GUARDED, KEY, Counter, results
from tests.gateway.kit import Start, Stub, connected, eventually, get, post


async def test_without_the_store_each_route_does_as_it_says(start: Start, stub: Stub, service: Counter) -> None:
    strict = replace(GUARDED, name="strict", path="/strict")
    lax = replace(GUARDED, name="lax", path="/lax", idempotency=IdempotencyRule(on_store_error="allow"))
    with valkey.running() as server:
        gateway = await start(stub.endpoint(), routes=(strict, lax), store=server.address)
        store = gateway.view.store
        assert store is not None
        await eventually(lambda: store.up)
        async with connected(gateway) as client:
            assert (await client.ask(post(b"pay", "/strict", ALICE, KEY))).status == 201
            server.kill()
            await eventually(lambda: not store.reachable)
            (await client.ask(post(b"pay", "/strict", ALICE, KEY))).problem(503, "idempotency-unavailable")
            assert [(await client.ask(post(b"pay", "/lax", ALICE, KEY))).body for _ in range(2)] == [
                b"done 2",
                b"done 3",
            ]
            told = json.loads((await client.ask(get("/health"))).body)["store"]
            assert (told["idempotency_refusing"], told["idempotency_unprotected"]) == (["strict"], ["lax"])
        assert {"unavailable", "unprotected"} <= set(results(gateway))
        store.close()
        await asyncio.sleep(0)


async def test_without_room_the_refusal_says_so(start: Start, stub: Stub, service: Counter) -> None:
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    assert gateway.view.memory.idempotency is not None
    filler = gateway.view.memory.idempotency.ledger
    big = Record(b"0" * 32, True, Kept(200, (), b"x" * (MAX_BYTES - 600)))
    await filler.claim("big", big, Terms(60.0))
    async with connected(gateway) as client:
        refused = (await client.ask(post(b"pay", "/", ALICE, KEY))).problem(503, "idempotency-unavailable")
        assert "no room to remember" in str(refused["detail"])
        await filler.release("big")
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).status == 201
    assert service.count == 1


async def test_strangers_leave_room_for_those_who_are_known(start: Start, stub: Stub, service: Counter) -> None:
    """Two hundred thousand keys of nobody's, on a public route, and then a payment of a partner's."""
    public = replace(GUARDED, name="public", path="/public", auth="none")
    gateway = await start(stub.endpoint(), routes=(GUARDED, public))
    assert gateway.view.memory.idempotency is not None
    ledger, refused = gateway.view.memory.idempotency.ledger, 0
    assert isinstance(ledger, MemoryLedger)
    for number in range(200_000):
        try:
            await ledger.claim(f"{number:064x}", Record(b"0" * 32), Terms(60.0, known=False))
        except Full:
            refused += 1
    assert refused > 150_000 and ledger.size <= MAX_BYTES / 4
    async with connected(gateway) as client:
        (await client.ask(post(b"pay", "/public", KEY))).problem(503, "idempotency-unavailable")
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).status == 201
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).header("idempotent-replayed") == "true"
    assert service.count == 1
