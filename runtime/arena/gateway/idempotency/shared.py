"""Records in the state store: one for all workers and replicas.

A claim is one `SET … NX GET`. It lapses by itself after CLAIM_SECONDS, so that a worker that dies takes no key with it; while
the request is under way it is renewed.
"""

from __future__ import annotations

import asyncio
from typing import Any

from arena.gateway.idempotency.record import Record, Unable, decode, encode
from arena.gateway.store.link import StoreDown, StoreRefused
from arena.gateway.store.store import Store
from arena.tasks import spawn

CLAIM_SECONDS = 30.0


class SharedLedger:
    """A Ledger in `store`, under the name of `project`."""

    def __init__(self, store: Store, project: str) -> None:
        self._store = store
        self._prefix = f"arena:{project}:idempotency:"
        self._renewals: dict[str, asyncio.Task[Any]] = {}

    async def claim(self, name: str, record: Record) -> Record | None:
        """As the protocol says."""
        words = (self._prefix + name, encode(record), "NX", "GET", "PX", int(CLAIM_SECONDS * 1000))
        found = await self._ask("SET", *words)
        if found is None:
            self._renewals[name] = spawn(self._renew(name), name="idempotency")
            return None
        try:
            return decode(found)
        except (ValueError, TypeError) as error:
            raise Unable("what the store remembers of this key cannot be read") from error

    async def settle(self, name: str, record: Record, ttl: float) -> None:
        """As the protocol says."""
        self._stop_renewing(name)
        await self._ask("SET", self._prefix + name, encode(record), "PX", max(1, int(ttl * 1000)))

    async def release(self, name: str) -> None:
        """As the protocol says."""
        self._stop_renewing(name)
        await self._ask("DEL", self._prefix + name)

    async def _ask(self, *words: str | bytes | int) -> Any:
        try:
            return await self._store.ask(*words)
        except (StoreDown, StoreRefused) as error:
            raise Unable(str(error)) from None

    def _stop_renewing(self, name: str) -> None:
        task = self._renewals.pop(name, None)
        if task is not None:
            task.cancel()

    async def _renew(self, name: str) -> None:
        while True:
            await asyncio.sleep(CLAIM_SECONDS / 3)
            try:
                await self._ask("PEXPIRE", self._prefix + name, int(CLAIM_SECONDS * 1000))
            except Unable:
                continue  # it may be up again before the claim lapses; its failures are counted and told
