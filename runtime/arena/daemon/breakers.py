"""Breakers of every gateway worker: asked on the workers' own ports, commanded through a file that each of them follows."""

from __future__ import annotations

import difflib
import time
from collections.abc import Sequence
from pathlib import Path

from arena.auth.ledger import Ledger
from arena.daemon.worker import Seen, Workers, no_answer
from arena.errors import UsageError
from arena.model import codec
from arena.model.breaker import BreakerOrder, BreakerPlace, BreakerRow
from arena.policy.order import added

_LONGEST = 366 * 86400.0
_OBEDIENCE = 3.0  # seconds until every worker must have followed an order
_PAGE = "/breakers"


class Breakers:
    """`orders` is the file that the workers follow."""

    def __init__(self, orders: Path, workers: Workers) -> None:
        self._orders = Ledger(orders, BreakerOrder)
        self._workers = workers

    async def rows(self) -> tuple[BreakerRow, ...]:
        """Every endpoint as every worker sees it. Raises ArenaError when a worker does not answer."""
        seen = await self._workers.look(_PAGE)
        if seen.silent:
            raise no_answer(seen.silent)
        return _rows(seen)

    async def trip(self, place: BreakerPlace, seconds: float | None) -> tuple[BreakerRow, ...]:
        """Keep it out of traffic, for `seconds` or without end. Returns its rows once every worker has followed. Raises
        UsageError for what is not there, ArenaError when a worker does not answer or follow."""
        if seconds is not None and not 0.0 < seconds <= _LONGEST:
            raise UsageError(
                "it stays out for more than 0 seconds and at most a year", hint="leave --for out for no end"
            )
        now = time.time()
        return await self._give(BreakerOrder("trip", place, now, None if seconds is None else now + seconds))

    async def reset(self, place: BreakerPlace) -> tuple[BreakerRow, ...]:
        """Put it back, and close its breakers. Returns and raises as `trip` does."""
        return await self._give(BreakerOrder("reset", place, time.time()))

    async def _give(self, order: BreakerOrder) -> tuple[BreakerRow, ...]:
        seen = await self._workers.look(_PAGE)
        rows = _rows(seen)
        if not rows and seen.silent:
            raise no_answer(seen.silent)
        _require(order.place, rows)
        # A worker that is silent now will follow when it can: no reason to keep the others waiting.
        self._orders.update(lambda orders: added(orders, order, order.at))
        seen = await self._workers.follow(_PAGE, order.at, _OBEDIENCE)
        return tuple(row for row in _rows(seen) if order.place.covers(row.place))


def _rows(seen: Seen) -> tuple[BreakerRow, ...]:
    return tuple(
        codec.decode(BreakerRow, {**row, "worker": name})
        for name, page in seen.pages.items()
        for row in (*page["breakers"], *page["routes"])
    )


def _require(place: BreakerPlace, rows: Sequence[BreakerRow]) -> None:
    services, routes = {row.service for row in rows if not row.route}, {row.route for row in rows if row.route}
    instances = {row.instance for row in rows if row.service == place.service and not row.route}
    if place.route:
        if place.route not in routes:
            raise UsageError(f"no route {place.route!r:.60} has a breaker", hint=_near(place.route, routes))
    elif place.service not in services:
        raise UsageError(f"no instance of {place.service!r:.60} is registered", hint=_near(place.service, services))
    elif place.instance and place.instance not in instances:
        message = f"{place.service} has no instance {place.instance!r:.60}"
        raise UsageError(message, hint=_near(place.instance, instances))


def _near(name: str, names: set[str]) -> str:
    close = difflib.get_close_matches(name, names, 1)
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(names)) or 'none'}"
