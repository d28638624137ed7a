"""Something goes wrong on purpose, for a while, and is put right again whatever happens to us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from arena.auth.ledger import Ledger
from arena.errors import UsageError
from arena.model.chaos import Injection
from arena.model.instance import InstanceRow
from arena.model.layout import StateLayout
from arena.model.resilience import Fault
from arena_cli import resume, traffic
from arena_cli.traffic import Traffic

if TYPE_CHECKING:
    from arena.control.client import Client

LONGEST = 3600.0
_LOOK_AGAIN = 0.2


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to go wrong with `service`, for `seconds`: a `fault` in the gateway, or a signal to the process of `instance`
    ("" for the first that runs)."""

    service: str
    instance: str
    seconds: float
    fault: Fault | None = None
    kill: bool = False
    pause: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it. `seconds` it lasted, `traffic` what the gateways counted meanwhile (None: none of them could be asked);
    `instance` was killed or paused, and after a kill was there again `back_after` seconds later (None: not yet)."""

    plan: Plan
    seconds: float
    traffic: Traffic | None
    instance: str = ""
    back_after: float | None = None


def check(plan: Plan) -> None:
    """Raises UsageError for a plan that makes no sense."""
    if plan.fault is None and not plan.kill and not plan.pause:
        raise UsageError("nothing is to go wrong", hint="add --delay 200ms, --abort 503, --pause or --kill")
    if plan.kill and plan.pause:
        raise UsageError("an instance is killed or paused, not both")
    if plan.instance and not plan.kill and not plan.pause:
        raise UsageError(
            "delays and aborts are the whole service's", hint=f"write {plan.service} without {plan.instance}"
        )
    if not 0.0 < plan.seconds <= LONGEST:
        raise UsageError("--for should be more than 0 and at most an hour", hint="such as --for 30s")


async def rows_of(arena: Client, plan: Plan) -> tuple[InstanceRow, ...]:
    """The project's rows, if the plan can be carried out on them. Raises UsageError."""
    rows = await arena.rows(everything=False)
    services = sorted({row.service for row in rows if row.kind == "service"})
    if plan.service not in services:
        close = get_close_matches(plan.service, services, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(services) or 'none'}"
        raise UsageError(f"no service {plan.service!r} runs", hint=hint)
    if plan.kill or plan.pause:
        target(rows, plan)
    return rows


def target(rows: Sequence[InstanceRow], plan: Plan) -> InstanceRow:
    """The instance that is killed or paused. Raises UsageError when there is none such of ours."""
    ours = [row for row in rows if row.service == plan.service and row.pid and row.status == "running"]
    for row in ours:
        if plan.instance in ("", row.instance):
            return row
    running = ", ".join(row.instance for row in ours)
    raise UsageError(
        f"{plan.service} has no running instance {plan.instance!r}"
        if running
        else f"nothing of {plan.service} runs here",
        hint=f"there are: {running}" if running else "only what Arena itself started can be killed or paused",
    )


async def carry_out(
    arena: Client, layout: StateLayout, plan: Plan, rows: Sequence[InstanceRow], stop: asyncio.Event
) -> Report:
    """Let it go wrong until the time is over or `stop` is set, and put it right, whatever happens meanwhile."""
    before = await traffic.read(rows, plan.service)
    began = time.monotonic()
    instance, back_after = "", None
    with contextlib.ExitStack() as stack:
        if plan.fault is not None:
            stack.enter_context(_injected(layout, plan.service, plan.fault, plan.seconds))
        if plan.pause:
            row = target(rows, plan)
            instance = row.instance
            stack.enter_context(_paused(row, plan.seconds))
        if plan.kill:
            row = target(rows, plan)
            instance = row.instance
            _signal(row, signal.SIGKILL)
            back_after = await _back(arena, row, began + plan.seconds, stop)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(0.0, began + plan.seconds - time.monotonic()))
    seconds = time.monotonic() - began
    after = await traffic.read(await arena.rows(everything=False), plan.service)
    return Report(plan, seconds, traffic.between(before, after) if after else None, instance, back_after)


@contextlib.contextmanager
def _injected(layout: StateLayout, service: str, fault: Fault, seconds: float) -> Iterator[None]:
    """A fault in every gateway; it has an end of its own in case we have none."""
    ledger = Ledger(layout.chaos, Injection)
    row = Injection(secrets.token_hex(8), service, fault, time.time() + seconds)
    ledger.update(lambda rows: (*(one for one in rows if one.until > time.time()), row))
    try:
        yield
    finally:
        ledger.update(lambda rows: [one for one in rows if one.id != row.id])


@contextlib.contextmanager
def _paused(row: InstanceRow, seconds: float) -> Iterator[None]:
    """An instance whose processes stand still. Somebody else lets them go on in case we do not."""
    assert row.pid is not None
    guard = resume.guard(row.pid, seconds)
    try:
        _signal(row, signal.SIGSTOP)
        yield
    finally:
        resume.release(guard)


def _signal(row: InstanceRow, number: signal.Signals) -> None:
    """To every process of the instance's group, which Arena gave it. Raises UsageError when it has just ended."""
    assert row.pid is not None
    try:
        os.killpg(row.pid, number)
    except ProcessLookupError:
        raise UsageError(f"{row.instance} has just ended", hint="`arena ps -a` shows what became of it") from None


async def _back(arena: Client, row: InstanceRow, until: float, stop: asyncio.Event) -> float | None:
    """How many seconds it took until the instance was there again."""
    began = time.monotonic()
    while time.monotonic() < until and not stop.is_set():
        for now in await arena.rows(everything=False):
            is_it = now.instance == row.instance and now.status == "running" and now.health in ("none", "healthy")
            if is_it and now.pid not in (None, row.pid):
                return time.monotonic() - began
        await asyncio.sleep(_LOOK_AGAIN)
    return None
