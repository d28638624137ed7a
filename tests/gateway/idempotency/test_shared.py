"""gateway.idempotency.shared: one ledger for several gateways, on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from arena.gateway.idempotency import shared
from arena.gateway.idempotency.record import Full, Record, Terms, Unable
from arena.gateway.idempotency.shared import SharedLedger
from arena.gateway.refusal import Reply
from arena.gateway.store.store import Store
from tests import valkey
from tests.gateway.kit import eventually

MINUTE, AGAIN = Terms(60.0), Terms(60.0, once=False)
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
    answers = await asyncio.gather(*(ledger.claim("key", ONE, MINUTE) for ledger in ledgers))
    assert answers.count(None) == 1 and answers.count(ONE) == 19
    first = ledgers[answers.index(None)]
    await first.settle("key", DONE, MINUTE)
    assert [await ledger.claim("key", ONE, MINUTE) for ledger in ledgers] == [DONE] * 20
    assert await SharedLedger(stores[0], "other").claim("key", DONE, MINUTE) is None
    await first.release("key")
    assert await ledgers[0].claim("key", ONE, MINUTE) is None


@pytest.mark.parametrize("terms", [MINUTE, AGAIN])
async def test_a_claim_is_renewed_while_somebody_holds_it_and_then_is_nobodys_or_anybodys(
    stores: list[Store], monkeypatch: pytest.MonkeyPatch, terms: Terms
) -> None:
    monkeypatch.setattr(shared, "CLAIM_SECONDS", 1.0)
    holder, other = SharedLedger(stores[0], "test"), SharedLedger(stores[1], "test")
    assert await holder.claim("key", ONE, terms) is None
    for _ in range(15):
        await asyncio.sleep(0.1)
        assert await other.claim("key", ONE, terms) == ONE
    holder._stop_renewing("key")  # as when its worker dies
    async with asyncio.timeout(5):
        while (found := await other.claim("key", ONE, terms)) == ONE:
            await asyncio.sleep(0.02)
    if terms.once:
        # Nobody knows what became of it.
        assert found == await holder.claim("key", ONE, terms) == Record(ONE.fingerprint, done=True)
    else:
        assert (found, await holder.claim("key", ONE, terms)) == (None, ONE)
    await other.release("key")


async def test_a_store_that_is_down_is_said(stores: list[Store], server: valkey.Server) -> None:
    ledger = SharedLedger(stores[0], "test")
    await stores[0].ask("SET", "arena:test:idempotency:odd", "what is this")
    with pytest.raises(Unable, match="cannot be read"):
        await ledger.claim("odd", ONE, MINUTE)
    server.kill()
    await eventually(lambda: not stores[0].reachable, "the loss is noticed")
    for doing in (ledger.claim("key", ONE, MINUTE), ledger.settle("key", DONE, MINUTE), ledger.release("key")):
        with pytest.raises(Unable):
            await doing
    assert stores[0].failures >= 3


@pytest.fixture
async def small(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    """A store that is as full as a test says."""
    monkeypatch.setattr("arena.gateway.store.store.LOOK_SECONDS", 3600.0)
    with valkey.running("--maxmemory", "12mb", "--maxmemory-policy", "noeviction") as server:
        store = Store(server.address)
        await eventually(lambda: store.up, "it connects")
        await eventually(lambda: store.fill, "it looks how full it is")
        yield store
        store.close()
        await asyncio.sleep(0)


async def test_as_the_store_fills_strangers_then_replies_then_all_that_is_new_find_no_room(small: Store) -> None:
    ledger, strange = SharedLedger(small, "test"), Terms(60.0, known=False)
    small.fill = 0.1
    assert await ledger.claim("stranger", ONE, strange) is None
    small.fill = shared.STRANGERS + 0.01
    with pytest.raises(Full, match="no more room"):
        await ledger.claim("another stranger", ONE, strange)
    await ledger.settle("stranger", DONE, strange)
    assert await ledger.claim("stranger", ONE, strange) == Record(ONE.fingerprint, done=True)
    assert await ledger.claim("a", ONE, MINUTE) is None
    await ledger.settle("a", DONE, MINUTE)
    small.fill = shared.REPLIES + 0.01
    assert await ledger.claim("b", ONE, MINUTE) is None
    await ledger.settle("b", DONE, MINUTE)
    assert await ledger.claim("b", ONE, MINUTE) == Record(ONE.fingerprint, done=True)
    small.fill = shared.FULL + 0.01
    with pytest.raises(Full, match="no more room"):
        await ledger.claim("c", ONE, MINUTE)
    assert await ledger.claim("a", ONE, MINUTE) == DONE, "nothing is forgotten"
    small.fill = 0.1
    assert await ledger.claim("c", ONE, MINUTE) is None
    await ledger.release("c")


@pytest.mark.parametrize("terms", [MINUTE, AGAIN])
async def test_where_a_reply_has_no_room_the_request_is_not_carried_out_again(
    small: Store, terms: Terms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "CLAIM_SECONDS", 0.2)
    ledger = SharedLedger(small, "test")
    small.fill = 0.1
    assert await ledger.claim("key", ONE, terms) is None
    await small.ask("CONFIG", "SET", "maxmemory", "1kb")
    await ledger.settle("key", DONE, terms)
    await asyncio.sleep(0.3)
    found = await ledger.claim("key", ONE, terms)
    assert found is not None and found.reply is None
