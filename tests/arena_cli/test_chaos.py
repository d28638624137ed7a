"""arena_cli.chaos: what may be done to whom; what it does is tried in tests/e2e and tests/docs."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from arena.auth.ledger import Ledger
from arena.errors import UsageError
from arena.model.chaos import Injection
from arena.model.resilience import Fault
from arena_cli.chaos import Plan, carry_out, check, rows_of, target
from tests.arena_cli.conftest import Folder
from tests.arena_cli.fake import ROWS, FakeOperator

FAULT = Fault(abort=503)
GOOD = Plan("ai_service", "", 30.0, FAULT)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (replace(GOOD, fault=None), "nothing is to go wrong"),
        (replace(GOOD, kill=True, pause=True), "not both"),
        (replace(GOOD, instance="ai_service-1"), "the whole service's"),
        (replace(GOOD, seconds=0.0), "at most an hour"),
        (replace(GOOD, seconds=3601.0), "at most an hour"),
    ],
)
def test_plans_that_make_no_sense(plan: Plan, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check(plan)
    check(GOOD)


async def test_who_can_be_meant() -> None:
    arena = FakeOperator()
    assert await rows_of(arena, GOOD) == ROWS  # type: ignore[arg-type]  # the fake stands for the client
    for name in ("gateway", "registry", "ai_servce"):
        with pytest.raises(UsageError) as caught:
            await rows_of(arena, replace(GOOD, service=name))  # type: ignore[arg-type]
        assert "ai_service" in caught.value.hint
    with pytest.raises(UsageError, match="nothing of outside runs here"):
        await rows_of(arena, replace(GOOD, service="outside", kill=True))  # type: ignore[arg-type]


def test_which_instance() -> None:
    plan = replace(GOOD, fault=None, kill=True)
    assert target(ROWS, plan).instance == "ai_service-1"
    assert target(ROWS, replace(plan, instance="ai_service-2")).pid == 4108
    with pytest.raises(UsageError) as caught:
        target(ROWS, replace(plan, instance="ai_service-9"))
    assert "ai_service-1, ai_service-2" in caught.value.hint


async def test_a_fault_stands_in_the_list_as_long_as_it_lasts(folder: Folder) -> None:
    ledger, stop = Ledger(folder.layout.chaos, Injection), asyncio.Event()
    rows = tuple(row for row in ROWS if row.kind != "gateway")
    arena = FakeOperator(rows_now=rows)
    work = asyncio.create_task(carry_out(arena, folder.layout, GOOD, rows, stop))  # type: ignore[arg-type]
    while not ledger.read():
        await asyncio.sleep(0.01)
    (row,) = ledger.read()
    assert (row.service, row.fault) == ("ai_service", FAULT)
    stop.set()
    report = await work
    assert ledger.read() == ()
    assert report.traffic is None
    assert report.seconds < 30.0


async def test_a_cancelled_one_is_put_right(folder: Folder) -> None:
    ledger = Ledger(folder.layout.chaos, Injection)
    rows = tuple(row for row in ROWS if row.kind != "gateway")
    arena = FakeOperator(rows_now=rows)
    work = asyncio.create_task(carry_out(arena, folder.layout, GOOD, rows, asyncio.Event()))  # type: ignore[arg-type]
    while not ledger.read():
        await asyncio.sleep(0.01)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert ledger.read() == ()
