"""Breakers of every gateway worker: asked on the workers' own ports, commanded through a file that each of them follows."""

from __future__ import annotations

import asyncio
import difflib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.auth.ledger import Ledger
from arena.errors import ArenaError, UsageError
from arena.model import codec
from arena.model.address import Address
from arena.model.breaker import BreakerOrder, BreakerPlace, BreakerRow
from arena.policy.order import added

if TYPE_CHECKING:
    import httpx

_PATIENCE = 1.5  # seconds for one worker's answer
_LONGEST = 366 * 86400.0
_OBEDIENCE = 3.0  # seconds until every worker must have followed an order
_LOOK_AGAIN = 0.05
_log = logging.getLogger("arena.daemon.breakers")


class Breakers:
    """`workers` tells where each worker answers, by its name; `token` makes the token that opens their pages; `orders` is the
    file they follow."""

    def __init__(self, orders: Path, workers: Callable[[], dict[str, Address]], token: Callable[[], str]) -> None:
        self._orders = Ledger(orders, BreakerOrder)
        self._workers = workers
        self._token = token

    async def rows(self) -> tuple[BreakerRow, ...]:
        """Every endpoint as every worker sees it. Raises ArenaError when a worker does not answer."""
        async with _client() as client:
            seen = await self._look(client)
        if seen.silent:
            raise _no_answer(seen.silent)
        return seen.rows

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
        async with _client() as client:
            seen = await self._look(client)
            if not seen.rows and seen.silent:
                raise _no_answer(seen.silent)
            _require(order.place, seen.rows)
            # A worker that is silent now will follow when it can: no reason to keep the others waiting.
            self._orders.update(lambda orders: added(orders, order, order.at))
            end = time.monotonic() + _OBEDIENCE
            while time.monotonic() < end:
                seen = await self._look(client)
                if not seen.silent and seen.obeyed >= order.at:
                    return tuple(row for row in seen.rows if order.place.covers(row.place))
                await asyncio.sleep(_LOOK_AGAIN)
        late = f"{' and '.join(seen.silent)} did not answer" if seen.silent else "not every gateway worker has followed"
        raise ArenaError(
            f"{late} within {_OBEDIENCE:g} s",
            hint="the order stands, and is followed as soon as they can; `arena logs gateway` says why not yet",
        )

    async def _look(self, client: httpx.AsyncClient) -> _Seen:
        workers = self._workers()
        if not workers:
            raise ArenaError("no gateway runs", hint="`arena ps -a` shows what became of it")
        answers = await asyncio.gather(*(self._ask(client, name, address) for name, address in workers.items()))
        pages = {name: page for name, page in zip(workers, answers, strict=True) if page is not None}
        rows = (
            codec.decode(BreakerRow, {**row, "worker": name})
            for name, page in pages.items()
            for row in (*page["breakers"], *page["routes"])
        )
        silent = tuple(name for name in workers if name not in pages)
        return _Seen(tuple(rows), min((page["obeyed"] for page in pages.values()), default=0.0), silent)

    async def _ask(self, client: httpx.AsyncClient, name: str, address: Address) -> Any:
        """What a worker tells; None when it does not answer."""
        import httpx

        try:
            credential = {"authorization": f"Bearer {self._token()}"}
            answer = await client.get(f"{address.url}/breakers", headers=credential)
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            _log.warning("%s does not tell of its breakers: %r", name, error)
            return None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the workers told: their rows, the time of the newest order that all who answered have followed, and who did not."""

    rows: tuple[BreakerRow, ...]
    obeyed: float
    silent: tuple[str, ...]


def _client() -> httpx.AsyncClient:
    # Imported late because httpx costs its importer a tenth of a second, which the daemon's start has not got.
    import httpx

    return httpx.AsyncClient(trust_env=False, timeout=_PATIENCE)


def _no_answer(silent: tuple[str, ...]) -> ArenaError:
    verb = "does" if len(silent) == 1 else "do"
    return ArenaError(
        f"{' and '.join(silent)} {verb} not answer", hint="`arena health` and `arena logs gateway` say more"
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
