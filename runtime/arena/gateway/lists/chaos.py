"""Faults that a person asked for (`arena chaos`): a list in a file, which every worker follows; each has an end."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Iterable
from pathlib import Path

from arena.auth.ledger import Ledger
from arena.gateway.exchange import Exchange
from arena.gateway.filters.fault import inject
from arena.gateway.lists.followed import Followed
from arena.gateway.table.route import Filter, Verdict
from arena.model.chaos import Injection


class Chaos:
    """`rows` are the injections in force."""

    def __init__(self, file: str) -> None:
        """`file` '' for a gateway in which nobody makes faults."""
        self.rows: tuple[Injection, ...] = ()
        self._followed: Followed[tuple[Injection, ...]] | None = None
        if file:
            self._followed = Followed(Path(file), Ledger(Path(file), Injection).read, self._take, lenient=True)

    async def refresh(self) -> bool:
        """Read them again if they have changed, and forget those that are over; True when others are in force than before."""
        before = self.rows
        if self._followed is not None:
            await self._followed.refresh()
        self._take(self.rows)
        return self.rows != before

    def filters(self, services: Iterable[str]) -> list[Filter]:
        """The filters of a route whose requests may go to one of `services`."""
        return [_until(row) for row in self.rows if row.service in services]

    def _take(self, rows: tuple[Injection, ...]) -> None:
        now = time.time()
        self.rows = tuple(row for row in rows if row.until > now)


def _until(row: Injection) -> Filter:
    check = inject(row.fault)

    def bounded(x: Exchange) -> Verdict | Awaitable[Verdict]:
        # A split may have chosen another service; and the clock decides, however late the list is read.
        return check(x) if x.service.name == row.service and time.time() < row.until else None

    return bounded
