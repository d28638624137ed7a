"""gateway.idempotency.memory: nothing is forgotten early, and nothing is kept for ever."""

from __future__ import annotations

import pytest

from arena.gateway.idempotency.memory import MemoryLedger
from arena.gateway.idempotency.record import Full, Record
from arena.gateway.refusal import Reply

ONE, OTHER = Record(b"1" * 32), Record(b"2" * 32)


def done(size: int = 0) -> Record:
    return Record(b"1" * 32, True, Reply(200, (), b"x" * size))


async def test_the_first_claims_it() -> None:
    ledger = MemoryLedger()
    assert await ledger.claim("a", ONE) is None
    assert await ledger.claim("a", OTHER) == ONE
    assert await ledger.claim("b", OTHER) is None
    await ledger.settle("a", done(), 60.0)
    assert await ledger.claim("a", ONE) == done()
    await ledger.release("b")
    assert await ledger.claim("b", ONE) is None


async def test_it_lasts_for_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("arena.gateway.idempotency.memory.monotonic", lambda: now)
    ledger = MemoryLedger()
    await ledger.claim("a", ONE)
    await ledger.claim("under way", ONE)
    await ledger.settle("a", done(), 60.0)
    now = 1059.9
    assert await ledger.claim("a", ONE) == done()
    now = 1060.0
    assert await ledger.claim("a", ONE) is None
    now = 1e9
    assert await ledger.claim("under way", ONE) == ONE
    await ledger.release("a")
    await ledger.release("under way")
    assert (ledger.size, ledger._ends) == (0, [])


async def test_without_room_nothing_new_is_taken_and_nothing_forgotten() -> None:
    ledger = MemoryLedger(2000)
    await ledger.claim("a", ONE)
    await ledger.settle("a", done(900), 60.0)
    await ledger.claim("b", ONE)
    with pytest.raises(Full):
        await ledger.claim("c", ONE)
    assert await ledger.claim("a", ONE) == done(900)
    await ledger.settle("b", done(900), 60.0)
    assert await ledger.claim("b", ONE) == Record(b"1" * 32, done=True)
