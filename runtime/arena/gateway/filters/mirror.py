"""A copy of requests for a service that is only watched.

The copy leaves after the request it is made of, as an errand: whatever becomes of it, nobody waits. A body that is still
arriving goes on to the service piece by piece as ever; the pieces are also kept, up to a limit, and the copy leaves when it
has them all. What the caller does not finish is not copied. Breaker, balance and timeouts of the shadow are its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from random import random
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.flow import errand
from arena.gateway.stats import MirrorStats, RouteStats
from arena.gateway.table.gate import enter_all
from arena.model.mirror import Mirror

if TYPE_CHECKING:
    from arena.gateway.table.route import Filter, Service

MARK = b"x-arena-mirror: true"


@dataclass(frozen=True, slots=True)
class Shadow:
    """Who gets the copies; `asked` are the counters of the route for it, `stats` the mirror's."""

    service: Service
    asked: RouteStats
    stats: MirrorStats


def compile_mirror(
    rule: Mirror,
    shadow: Shadow,
    barred: Callable[[Exchange], bool] | None = None,
    draw: Callable[[], float] = random,
) -> Filter:
    """A filter that has `shadow` get a copy of requests, but of those that it is `barred` to; `draw` gives random numbers in
    [0, 1)."""
    share, stats = rule.percent / 100.0, shadow.stats

    def mirror(x: Exchange) -> None:
        if draw() >= share or x.head.upgrade or (barred is not None and barred(x)):
            return
        if stats.in_flight >= rule.max_in_flight:
            stats.results["in_flight"] += 1
        elif max(x.head.content_length, x.bytes_in) > rule.max_body_bytes:
            stats.results["body_size"] += 1
        else:
            stats.in_flight += 1
            if x.body_done:
                _dispatch(shadow, x, x.body)
            else:
                x.tee = tee = Tee(x.body, rule.max_body_bytes, shadow)
                x.at_end(tee.end)

    return mirror


class Tee:
    """Keeps a body that passes by, until it is whole or too long."""

    __slots__ = ("_limit", "_pieces", "_shadow", "_size")

    def __init__(self, first: bytes, limit: int, shadow: Shadow) -> None:
        self._pieces = [first]
        self._size = len(first)
        self._limit = limit
        self._shadow = shadow

    def take(self, x: Exchange, piece: bytes) -> None:
        """A piece has come."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > self._limit:
            self._drop(x, "body_size")
        elif x.body_done:
            x.tee = None
            _dispatch(self._shadow, x, b"".join(self._pieces))

    def end(self, x: Exchange, _outcome: Outcome, _now: float) -> None:
        """The exchange is over; if its body never became whole, there is no copy."""
        if x.tee is self:
            self._drop(x, "incomplete")

    def _drop(self, x: Exchange, why: str) -> None:
        x.tee = None
        self._shadow.stats.in_flight -= 1
        self._shadow.stats.results[why] += 1


def _dispatch(shadow: Shadow, x: Exchange, body: bytes) -> None:
    # Without the route: what it does with replies and failures is for the caller's exchange.
    service, stats = shadow.service, shadow.stats
    y = errand.twin(x, replace(x.match.of(service.name, shadow.asked), route=None), service, "mirror")
    y.body, y.bytes_in = body, len(body)
    y.fields = (*y.fields, MARK)
    if not enter_all(service.gates, y):
        stats.in_flight -= 1
        stats.results["shadow_full"] += 1
        return
    y.at_end(partial(_ended, stats))
    asyncio.get_running_loop().call_soon(errand.send, y)


def _ended(stats: MirrorStats, _y: Exchange, outcome: Outcome, _now: float) -> None:
    stats.in_flight -= 1
    stats.results["sent" if outcome == "served" else "failed"] += 1
