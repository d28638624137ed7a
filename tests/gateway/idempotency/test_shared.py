"""gateway.idempotency.shared: one ledger for several gateways, on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from arena.gateway.idempotency import shared
from arena.gateway.idempotency.record import Full, Record, Unable
from arena.gateway.idempotency.shared import SharedLedger
from arena.gateway.refusal import Reply
from arena.gateway.store.store import Store
from tests import valkey
from tests.gateway.kit import eventually

ONE = Record(b"1" * 32)
DONE = Record(b"1" * 32, True, Reply(201, (b"a: b",), b"body"))


@pytest.fixture
def server() -> Iterator[valkey.Server]:
    with valkey.running() as one:
        yield one


@pytest.fixture
async def stores(server: valkey.Server) -> AsyncIterator[list[Store]]:
    made = [Store(server.address) for _ in range(2)]
    await eventually(lambda: all(one.up for one in made), "they connect")
    yield made
    for one in made:
        one.close()
    await asyncio.sleep(0)


async def test_one_of_many_claims_it(stores: list[Store]) -> None:
    ledgers = [SharedLedger(store, "test") for store in stores * 10]
    answers = await asyncio.gather(*(ledger.claim("key", ONE) for ledger in ledgers))
    assert answers.count(None) == 1 and answers.count(ONE) == 19
    first = ledgers[answers.index(None)]
    await first.settle("key", DONE, 60.0)
    assert [await ledger.claim("key", ONE) for ledger in ledgers] == [DONE] * 20
    assert await SharedLedger(stores[0], "other").claim("key", DONE) is None
    await first.release("key")
    assert await ledgers[0].claim("key", ONE) is None


async def test_a_claim_is_renewed_while_somebody_holds_it(stores: list[Store], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "CLAIM_SECONDS", 1.0)
    holder, other = SharedLedger(stores[0], "test"), SharedLedger(stores[1], "test")
    assert await holder.claim("key", ONE) is None
    for _ in range(15):
        await asyncio.sleep(0.1)
        assert await other.claim("key", ONE) == ONE
    holder._stop_renewing("key")  # as when its worker dies

    async def lapsed() -> bool:
        return await other.claim("key", ONE) is None

    async with asyncio.timeout(5):
        while not await lapsed():
            await asyncio.sleep(0.02)
    await other.release("key")


async def test_a_store_that_is_down_is_said(stores: list[Store], server: valkey.Server) -> None:
    ledger = SharedLedger(stores[0], "test")
    await stores[0].ask("SET", "arena:test:idempotency:odd", "what is this")
    with pytest.raises(Unable, match="cannot be read"):
        await ledger.claim("odd", ONE)
    server.kill()
    await eventually(lambda: not stores[0].reachable, "the loss is noticed")
    for doing in (ledger.claim("key", ONE), ledger.settle("key", DONE, 1.0), ledger.release("key")):
        with pytest.raises(Unable):
            await doing
    assert stores[0].failures >= 3


@pytest.fixture
async def small() -> AsyncIterator[Store]:
    """A store that holds little more than a few replies."""
    with valkey.running("--maxmemory", "12mb", "--maxmemory-policy", "noeviction") as server:
        store = Store(server.address)
        await eventually(lambda: store.up, "it connects")
        yield store
        store.close()


LONG = Record(b"2" * 32, True, Reply(200, (), b"x" * 1024 * 1024))


async def test_a_full_store_takes_no_new_key_and_forgets_none(small: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "LOOK_SECONDS", 0.0)
    ledger, taken = SharedLedger(small, "test"), 0
    with pytest.raises(Full, match="no more room"):
        for taken in range(20):
            assert await ledger.claim(f"key{taken}", ONE) is None
            await ledger.settle(f"key{taken}", LONG, 60.0)
    assert 3 < taken < 12
    assert [await ledger.claim(f"key{number}", ONE) for number in range(taken)] == [LONG] * taken
    assert await small.ask("SET", "a count", "1") == b"OK", "there is room for limits"
    await ledger.release("key0")
    for number in range(1, 5):
        await ledger.release(f"key{number}")
    assert await ledger.claim("key0", ONE) is None
    await ledger.release("key0")


async def test_where_a_reply_has_no_room_the_request_is_not_carried_out_again(
    small: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "LOOK_SECONDS", 0.0)
    ledger = SharedLedger(small, "test")
    assert await ledger.claim("key", ONE) is None
    await small.ask("CONFIG", "SET", "maxmemory", "1kb")
    await ledger.settle("key", DONE, 60.0)
    assert 40_000 < await small.ask("PTTL", "arena:test:idempotency:key") <= 60_000
    assert await ledger.claim("key", ONE) == ONE
