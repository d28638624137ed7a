"""Records in the state store: one for all workers and replicas.

A claim is one `SET … NX GET`. It lapses by itself after CLAIM_SECONDS, so that a worker that dies takes no key with it; while
the request is under way it is renewed.

Nothing is forgotten early. The store holds the counts of rate limits too, which callers must not be able to crowd out: when its
memory is FULL, no new key is taken. Where the reply has no room all the same, its claim is kept instead.
"""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import Any

from arena.gateway.idempotency.record import Full, Record, Unable, decode, encode
from arena.gateway.store.link import StoreDown, StoreRefused
from arena.gateway.store.store import Store
from arena.tasks import spawn

_log = logging.getLogger("arena.gateway.idempotency")

CLAIM_SECONDS = 30.0
FULL = 0.75
"""The share of the store's `maxmemory` beyond which no new key is taken."""
LOOK_SECONDS = 1.0
"""How often the store is asked how full it is, at most."""


class SharedLedger:
    """A Ledger in `store`, under the name of `project`."""

    def __init__(self, store: Store, project: str) -> None:
        self._store = store
        self._prefix = f"arena:{project}:idempotency:"
        self._renewals: dict[str, asyncio.Task[Any]] = {}
        self._full = False
        self._looked_at = float("-inf")

    async def claim(self, name: str, record: Record) -> Record | None:
        """As the protocol says."""
        if await self._is_full():
            found = await self._ask("GET", self._prefix + name)
            if found is None:
                raise Full
        else:
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
        key, milliseconds = self._prefix + name, max(1, int(ttl * 1000))
        try:
            await self._ask("SET", key, encode(record), "PX", milliseconds)
        except Unable:
            # That it was done must be remembered. This takes no memory: the claim stays, as if it were under way.
            await self._ask("PEXPIRE", key, milliseconds)

    async def release(self, name: str) -> None:
        """As the protocol says."""
        self._stop_renewing(name)
        await self._ask("DEL", self._prefix + name)

    async def _is_full(self) -> bool:
        now = monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            told: bytes = await self._ask("INFO", "memory")
            facts = dict(line.split(b":", 1) for line in told.split() if b":" in line)
            most = int(facts.get(b"maxmemory", 0))
            before, self._full = self._full, bool(most) and int(facts.get(b"used_memory", 0)) > FULL * most
            if self._full and not before:
                _log.warning(
                    "no new idempotency keys are taken: the state store is %d%% full; shorten their ttl or raise its maxmemory",
                    100 * FULL,
                )
        return self._full

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
