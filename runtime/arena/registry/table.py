"""Who is registered: state without I/O. Time is an argument (seconds of a monotonic clock).

Invariants: the version grows exactly when the visible part of the table (the endpoints) changes, so that a heartbeat costs
the watchers nothing; an entry past its `expires_at` is gone after `expire`; a Snapshot never changes once it is handed out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from arena.model.snapshot import EndpointHealth, Snapshot
from arena.registry.entry import Check, Entry, Registration

Key = tuple[str, str]


class Table:
    """The entries by (service, instance). `epoch` names this life of the registry; versions of one epoch only grow."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._entries: dict[Key, Entry] = {}
        self._snapshot = Snapshot(0, epoch)

    @property
    def snapshot(self) -> Snapshot:
        """The present view, endpoints in order of service and instance. The same object until something visible changes."""
        return self._snapshot

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries[key] for key in sorted(self._entries))

    def get(self, key: Key) -> Entry | None:
        return self._entries.get(key)

    def register(self, told: Registration, now: float) -> Entry:
        """Add an instance, or take in what it says again. Another instance of the same service at the same address is a
        ghost (its process is gone, or the address could not be taken) and makes room."""
        for ghost in [key for key, entry in self._entries.items() if _replaces(told, entry.registration)]:
            del self._entries[ghost]
        entry = _merge(self._entries.get(told.key), told, now)
        self._entries[told.key] = entry
        self._publish()
        return entry

    def restore(self, entries: Iterable[Entry], now: float) -> None:
        """Take back what a former life knew: health as it was last known, and a whole TTL to heartbeat in."""
        for entry in entries:
            told = entry.registration
            self._entries[told.key] = replace(entry, expires_at=_deadline(told, now))
        self._publish()

    def heartbeat(self, key: Key, now: float) -> bool:
        """Prolong an entry; False when there is none, which tells the instance to register again."""
        entry = self._entries.get(key)
        if entry is None:
            return False
        self._entries[key] = replace(entry, expires_at=_deadline(entry.registration, now))
        return True

    def deregister(self, key: Key) -> bool:
        """Remove an entry; False when there is none."""
        if self._entries.pop(key, None) is None:
            return False
        self._publish()
        return True

    def mark(self, key: Key, health: EndpointHealth, detail: str) -> bool:
        """Note what a check found; False when the entry has gone meanwhile."""
        entry = self._entries.get(key)
        if entry is None:
            return False
        self._entries[key] = replace(entry, health=health, detail=detail)
        if health != entry.health:
            self._publish()
        return True

    def expire(self, now: float) -> tuple[Entry, ...]:
        """Remove and return the entries that missed their heartbeat. One whose check still passes is alive, whatever became
        of who should have said so: it stays."""
        late = [
            entry
            for entry in self._entries.values()
            if entry.expires_at is not None and entry.expires_at <= now and entry.health != "passing"
        ]
        for entry in late:
            del self._entries[entry.registration.key]
        self._publish()
        return tuple(late)

    def _publish(self) -> None:
        endpoints = tuple(entry.endpoint for entry in self.entries)
        if endpoints != self._snapshot.endpoints:
            self._snapshot = Snapshot(self._snapshot.version + 1, self._epoch, endpoints)


def _replaces(told: Registration, other: Registration) -> bool:
    return told.service == other.service and told.address == other.address and told.instance != other.instance


def _merge(known: Entry | None, told: Registration, now: float) -> Entry:
    if known is None or known.registration.address != told.address:
        return Entry(told, "unknown", _deadline(told, now))
    old = known.registration
    merged = replace(told, check=_prefer(old.check, told.check), metadata={**old.metadata, **told.metadata})
    return Entry(merged, known.health, _deadline(merged, now), known.detail)


def _prefer(old: Check | None, new: Check | None) -> Check | None:
    if old is None or (new is not None and (new.explicit or not old.explicit)):
        return new
    return old


def _deadline(told: Registration, now: float) -> float | None:
    return None if told.ttl is None else now + told.ttl
