"""Faults on purpose: requests that wait, and requests that fail, as a route's `fault` says.

What it touches is marked in the reply, the access log and the metrics, so that nobody takes it for a real fault. It comes last
in the chain: who may not ask is told so as ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import random

from arena.gateway.exchange import Exchange
from arena.gateway.flow import fallback
from arena.gateway.refusal import Refusal
from arena.gateway.table.route import Filter, Verdict
from arena.model.resilience import Fault


def inject(fault: Fault, draw: Callable[[], float] = random) -> Filter:
    """The filter that does what `fault` says; `draw` gives random numbers in [0, 1)."""
    name, _, value = fault.header.partition(": ")
    wanted = None if not name else (name.encode() + b":", value.encode())

    def check(x: Exchange) -> Verdict | Awaitable[Verdict]:
        if wanted is not None and not _has(x, *wanted):
            return None
        delays = fault.delay > 0.0 and draw() * 100.0 < fault.delay_percent
        aborts = fault.abort > 0 and draw() * 100.0 < fault.abort_percent
        if not delays and not aborts:
            return None
        _mark(x, "delay,abort" if delays and aborts else "delay" if delays else "abort")
        if delays:
            return _wait(x, fault, aborts)
        return _abort(x, fault.abort)

    return check


async def _wait(x: Exchange, fault: Fault, aborts: bool) -> Verdict:
    await asyncio.sleep(fault.delay)
    return _abort(x, fault.abort) if aborts and not x.over else None


def _abort(x: Exchange, status: int) -> Verdict:
    """As if the service had replied with `status` after the last attempt."""
    spare = fallback.fallback_for(x, "failed") or fallback.fallback_for(x, status)
    if spare is not None:
        return fallback.divert(x, spare)
    return Refusal(status, "fault-injected", "the gateway was told to let this request fail, as a test")


def _mark(x: Exchange, kind: str) -> None:
    x.tell(b"x-arena-fault: " + kind.encode())
    x.log_more += b',"fault":"%b"' % kind.encode()
    for one in kind.split(","):
        x.client.plane.stats.faults[x.match.stats.route, one] += 1


def _has(x: Exchange, name: bytes, value: bytes) -> bool:
    found = (line[len(name) :].strip() for line in x.fields if line[: len(name)].lower() == name)
    return any(not value or one == value for one in found)
