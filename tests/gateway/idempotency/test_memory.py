"""gateway.idempotency.memory: nothing is forgotten early, and nothing is kept for ever."""

from __future__ import annotations

import pytest

from arena.gateway.idempotency.memory import MemoryLedger
from arena.gateway.idempotency.record import Full, Record, Terms
from arena.gateway.refusal import Reply

MINUTE = Terms(60.0)
STRANGE = Terms(60.0, known=False)
ONE, OTHER = Record(b"1" * 32), Record(b"2" * 32)


def done(size: int = 0) -> Record:
    return Record(b"1" * 32, True, Reply(200, (), b"x" * size))


async def test_the_first_claims_it() -> None:
    ledger = MemoryLedger()
    assert await ledger.claim("a", ONE, MINUTE) is None
    assert await ledger.claim("a", OTHER, MINUTE) == ONE
    assert await ledger.claim("b", OTHER, MINUTE) is None
    await ledger.settle("a", done(), MINUTE)
    assert await ledger.claim("a", ONE, MINUTE) == done()
    await ledger.release("b")
    assert await ledger.claim("b", ONE, MINUTE) is None


async def test_it_lasts_for_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("arena.gateway.idempotency.memory.monotonic", lambda: now)
    ledger = MemoryLedger()
    await ledger.claim("a", ONE, MINUTE)
    await ledger.claim("under way", ONE, MINUTE)
    await ledger.settle("a", done(), MINUTE)
    now = 1059.9
    assert await ledger.claim("a", ONE, MINUTE) == done()
    now = 1060.0
    assert await ledger.claim("a", ONE, MINUTE) is None
    now = 1e9
    assert await ledger.claim("under way", ONE, MINUTE) == ONE
    await ledger.release("a")
    await ledger.release("under way")
    assert (ledger.size, ledger._ends) == (0, [])


async def test_without_room_nothing_new_is_taken_and_nothing_forgotten() -> None:
    ledger = MemoryLedger(3000)
    await ledger.claim("a", ONE, MINUTE)
    await ledger.settle("a", done(900), MINUTE)
    await ledger.claim("b", ONE, MINUTE)
    await ledger.settle("b", done(900), MINUTE)
    assert await ledger.claim("b", ONE, MINUTE) == Record(b"1" * 32, done=True), "replies may take half"
    assert await ledger.claim("c", ONE, MINUTE) is None
    assert await ledger.claim("d", ONE, MINUTE) is None
    with pytest.raises(Full):
        await ledger.claim("e", ONE, MINUTE)
    assert await ledger.claim("a", ONE, MINUTE) == done(900)
    await ledger.settle("c", done(), MINUTE)
    assert await ledger.claim("c", ONE, MINUTE) == Record(b"1" * 32, done=True)


async def test_strangers_may_fill_a_quarter() -> None:
    ledger = MemoryLedger(4 * 2048)
    for number in range(4):
        assert await ledger.claim(f"stranger {number}", ONE, STRANGE) is None
    with pytest.raises(Full):
        await ledger.claim("stranger", ONE, STRANGE)
    assert await ledger.claim("stranger 0", ONE, STRANGE) == ONE
    await ledger.settle("stranger 0", done(1), STRANGE)
    assert await ledger.claim("stranger 0", ONE, STRANGE) == Record(b"1" * 32, done=True)
    assert await ledger.claim("known", ONE, MINUTE) is None
    await ledger.settle("known", done(1), MINUTE)
    assert await ledger.claim("known", ONE, MINUTE) == done(1)
