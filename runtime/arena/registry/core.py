"""The registry without its HTTP: the table, and what follows from each change to it."""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from pathlib import Path

from arena.clock import Clock
from arena.health.trust import TrustFile
from arena.model.snapshot import EndpointHealth, Snapshot
from arena.registry.checker import Checker
from arena.registry.entry import Entry, Registration
from arena.registry.store import Store
from arena.registry.table import Key, Table
from arena.registry.watch import Broadcast

_TICK = 0.25  # seconds between two looks for entries that missed their heartbeat

_log = logging.getLogger("arena.registry")


class Registry:
    """Every change goes: table → file, checks, watchers, log. `counts` are the events so far, by name."""

    def __init__(self, state: Path, clock: Clock, trusts: TrustFile | None = None) -> None:
        self._clock = clock
        self._table = Table(secrets.token_hex(8))
        self._store = Store(state, lambda: self._table.entries)
        self._checker = Checker(self._mark, clock, trusts)
        self.broadcast = Broadcast(self._table.snapshot)
        self.counts: Counter[str] = Counter()

    @property
    def snapshot(self) -> Snapshot:
        return self._table.snapshot

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._table.entries

    def restore(self) -> None:
        """Take back what the last life knew, and go on checking it."""
        self._table.restore(self._store.load(), self._clock.monotonic())
        for entry in self._table.entries:
            self._checker.watch(entry)
        self.broadcast.publish(self._table.snapshot)
        if self._table.entries:
            _log.info("restored", extra={"endpoints": len(self._table.entries)})

    def register(self, told: Registration) -> None:
        """Add or update an instance."""
        known = self._table.get(told.key)
        before = {entry.registration.key for entry in self._table.entries}
        entry = self._table.register(told, self._clock.monotonic())
        for ghost in before - {entry.registration.key for entry in self._table.entries}:
            self._checker.forget(ghost)
            self._note("replaced", ghost)
        if known is not None and known.registration.address != told.address:
            self._checker.forget(told.key)
        self._checker.watch(entry)
        self._note("updated" if known else "registered", told.key, address=told.address.url)

    async def kept(self) -> None:
        """Return when every change so far is in the file: only then may it be acknowledged."""
        await self._store.settled()

    def heartbeat(self, key: Key) -> bool:
        """Prolong an entry; False when there is none."""
        self.counts["heartbeat"] += 1
        return self._table.heartbeat(key, self._clock.monotonic())

    def deregister(self, key: Key) -> bool:
        """Remove an entry; False when there is none."""
        if not self._table.deregister(key):
            return False
        self._checker.forget(key)
        self._note("deregistered", key)
        return True

    async def expire_for_ever(self) -> None:
        """Remove what misses its heartbeat; cancel it to stop."""
        while True:
            await self._clock.sleep(_TICK)
            for entry in self._table.expire(self._clock.monotonic()):
                self._checker.forget(entry.registration.key)
                self._note("expired", entry.registration.key)

    def remaining(self, entry: Entry) -> float | None:
        """Seconds until an entry expires, None for never."""
        return None if entry.expires_at is None else max(0.0, entry.expires_at - self._clock.monotonic())

    async def close(self) -> None:
        """Stop checking and keep what is known."""
        self.broadcast.close()
        await self._checker.close()
        self._store.close()

    def _mark(self, key: Key, health: EndpointHealth, detail: str) -> None:
        if self._table.mark(key, health, detail):
            self._note(health, key, detail=detail)

    def _note(self, event: str, key: Key, **facts: str) -> None:
        """What every change brings with it."""
        self.counts[event] += 1
        self._store.save_soon()
        self.broadcast.publish(self._table.snapshot)
        service, instance = key
        _log.info(event, extra={"service": service, "instance": instance, **facts})
