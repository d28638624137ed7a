"""What people ordered about endpoints: a list in a file, which every worker follows, and which outlives each of them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from arena.auth.ledger import Ledger
from arena.gateway.lists.followed import Followed
from arena.model.breaker import BreakerOrder


class Orders:
    """`rows` are all that stand, the newest last; `obeyed` is when the newest was given (Unix seconds), 0 for none."""

    def __init__(self, file: str) -> None:
        """`file` '' for a gateway that nobody gives orders to."""
        self.rows: tuple[BreakerOrder, ...] = ()
        self.obeyed = 0.0
        self._done = time.time()  # what was reset before needs no reset: our breakers are closed
        read = Ledger(Path(file), BreakerOrder).read
        self._followed = Followed(Path(file), read, self._take, lenient=True) if file else None

    async def refresh(self) -> bool:
        """Read them again if they have changed; True when they have."""
        return self._followed is not None and await self._followed.refresh()

    def resets(self) -> list[BreakerOrder]:
        """The resets that came since the last call."""
        fresh = [row for row in self.rows if row.verb == "reset" and row.at > self._done]
        self._done = max([self._done, *(row.at for row in fresh)])
        return fresh

    def _take(self, rows: Iterable[BreakerOrder]) -> None:
        self.rows = tuple(rows)
        self.obeyed = max((row.at for row in self.rows), default=self.obeyed)
