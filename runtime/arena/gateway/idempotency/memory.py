"""Records in the memory of this process.

Nothing is forgotten early: when there is no more room, nothing new is taken. So that nobody crowds out others, strangers may
fill a quarter of it, and replies half; beyond that, only what was done is remembered. A record without a reply is small.
"""

from __future__ import annotations

from dataclasses import replace
from heapq import heappop, heappush
from time import monotonic

from arena.gateway.idempotency.record import Full, Record, Terms

MAX_BYTES = 64 * 1024 * 1024
_STRANGERS, _REPLIES = 0.25, 0.5  # shares of the room


class MemoryLedger:
    """A Ledger. `size` is in bytes."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.size = 0
        self._max_bytes = max_bytes
        self._records: dict[str, tuple[Record, float]] = {}
        self._ends: list[tuple[float, str]] = []

    async def claim(self, name: str, record: Record, terms: Terms) -> Record | None:
        """As the protocol says; a request under way is remembered for as long as it takes."""
        self._forget_old()
        found = self._records.get(name)
        if found is not None:
            return found[0]
        if not self._fits(record, 1.0 if terms.known else _STRANGERS):
            raise Full
        self._put(name, record, float("inf"))
        return None

    async def settle(self, name: str, record: Record, terms: Terms) -> None:
        """As the protocol says."""
        end = monotonic() + terms.ttl
        self._drop(name)
        if not self._fits(record, _REPLIES if terms.known else _STRANGERS):
            # That it was done must be remembered, if nothing else: there was room for the claim.
            record = replace(record, reply=None)
        self._put(name, record, end)
        heappush(self._ends, (end, name))

    async def release(self, name: str) -> None:
        """As the protocol says."""
        self._drop(name)

    def _fits(self, record: Record, share: float) -> bool:
        return self.size + record.size <= share * self._max_bytes

    def _put(self, name: str, record: Record, end: float) -> None:
        self._records[name] = (record, end)
        self.size += record.size

    def _drop(self, name: str) -> None:
        found = self._records.pop(name, None)
        if found is not None:
            self.size -= found[0].size

    def _forget_old(self) -> None:
        now = monotonic()
        while self._ends and self._ends[0][0] <= now:
            end, name = heappop(self._ends)
            found = self._records.get(name)
            if found is not None and found[1] == end:
                self._drop(name)
