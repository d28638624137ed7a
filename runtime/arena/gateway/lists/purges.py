"""What people want forgotten of kept replies (`arena cache purge`): a list in a file, which every worker carries out.

Each worker carries out every order, in a store that they share too: only so can it vouch for the replies that were on their way
through itself. Who starts later carries out those of the last minutes, because a store outlives its gateways.
"""

from __future__ import annotations

import time
from pathlib import Path

from arena.auth.ledger import Ledger
from arena.gateway.lists.followed import Followed
from arena.gateway.memory import Memory
from arena.model.cache import PurgeOrder
from arena.policy.cache.purge import KEEP_SECONDS


class Purges:
    """`obeyed` is when the newest that was carried out had been ordered (Unix seconds), 0 for none; `forgot` how many kept
    replies went for each of them, by that time. `problem` says why one is not carried out yet."""

    def __init__(self, file: str) -> None:
        """`file` '' for a gateway that nobody gives orders to."""
        self.obeyed = 0.0
        self.problem = ""
        self.forgot: dict[float, int] = {}
        self._waiting: list[PurgeOrder] = []
        self._followed: Followed[tuple[PurgeOrder, ...]] | None = None
        if file:
            self._followed = Followed(Path(file), Ledger(Path(file), PurgeOrder).read, self._take, lenient=True)

    async def follow(self, memory: Memory) -> None:
        """Carry out what is new. What the store could not do is tried again next time."""
        if self._followed is not None:
            await self._followed.refresh()
        while self._waiting:
            order = self._waiting[0]
            forgot = await memory.purge(order.what, order.at)
            if forgot is None:
                self.problem = "the state store did not answer until the end"
                return
            self.problem = ""
            del self._waiting[0]
            self.obeyed = order.at
            self.forgot[order.at] = forgot

    def _take(self, rows: tuple[PurgeOrder, ...]) -> None:
        oldest = time.time() - KEEP_SECONDS
        self._waiting = [row for row in rows if row.at > max(self.obeyed, oldest)]
        self.forgot = {at: count for at, count in self.forgot.items() if at > oldest}
