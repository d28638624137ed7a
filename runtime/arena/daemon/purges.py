"""Kept replies of every gateway worker, forgotten on command: through a file that each of them follows."""

from __future__ import annotations

import difflib
import time
from collections.abc import Sequence
from pathlib import Path

from arena.auth.ledger import Ledger
from arena.daemon.worker import Seen, Workers, no_answer
from arena.errors import UsageError
from arena.model.cache import Purge, PurgeOrder, PurgeRow
from arena.policy.cache.purge import added, normal

_OBEDIENCE = 15.0  # seconds until every worker must have carried it out: a large store takes its time
_PAGE = "/.well-known/arena-cache.json"


class Purges:
    """`orders` is the file that the workers follow."""

    def __init__(self, orders: Path, workers: Workers) -> None:
        self._orders = Ledger(orders, PurgeOrder)
        self._workers = workers

    async def purge(self, what: Purge) -> tuple[PurgeRow, ...]:
        """Have every worker forget what `what` is about, in the store that they share too. Returns how many replies each of
        them forgot. Raises UsageError for what cannot be meant, ArenaError when a worker does not follow."""
        seen = await self._workers.look(_PAGE)
        if not seen.pages:
            raise no_answer(seen.silent)
        order = PurgeOrder(_checked(what, seen), time.time())
        order = self._orders.update(lambda orders: added(orders, order))[-1]
        seen = await self._workers.follow(_PAGE, order.at, _OBEDIENCE)
        return tuple(PurgeRow(name, _count(page["forgot"], order.at)) for name, page in seen.pages.items())


def _checked(what: Purge, seen: Seen) -> Purge:
    routes = {name for page in seen.pages.values() for name in page["routes"]}
    if not routes:
        raise UsageError("no route keeps replies", hint="`cache: {}` on a route in arena.yaml turns it on")
    if what.route and what.route not in routes:
        close = difflib.get_close_matches(what.route, routes, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(routes))}"
        raise UsageError(f"no route {what.route!r:.60} keeps replies", hint=hint)
    try:
        return normal(what)
    except ValueError as error:
        url = what.url.partition("?")[0]  # a query may hold what nobody should read
        raise UsageError(f"{url!r:.60} cannot be purged: {error}") from None


def _count(forgot: Sequence[dict[str, float]], at: float) -> int:
    return int(next((each["count"] for each in forgot if each["at"] == at), 0))
