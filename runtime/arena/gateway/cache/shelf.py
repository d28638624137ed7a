"""What is kept, in the memory of this process, up to so many bytes; what was not asked for longest goes first."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from arena.gateway.cache.key import Way, route_of
from arena.gateway.cache.purged import Purged
from arena.model.cache import CacheRule, Purge
from arena.policy.cache.asking import Asking
from arena.policy.cache.kept import Kept
from arena.policy.cache.storing import SHARED, may_have

Names = tuple[bytes, ...]
Values = tuple[bytes | None, ...]
_KEEP_FORGOTTEN = 4096
_PURGE_AT_ONCE = 500  # URIs
_Key = tuple[bytes, Way, bytes, Values]


@dataclass(frozen=True, slots=True)
class Entry:
    """A kept reply with all that it is found by. `names` are the request headers that tell its variants apart, `values` what
    the request said there."""

    uri: bytes
    way: Way
    place: bytes
    names: Names
    values: Values
    kept: Kept

    @property
    def size(self) -> int:
        """What it costs to keep, in bytes, with what it is found by: clients choose how long that is."""
        _, _, path, query = self.way
        return self.kept.size + sum(map(len, (self.uri, path, query, *filter(None, self.values))))

    def fits(self, way: Way, asking: Asking) -> bool:
        """Whether this is the reply for another request to the same URI."""
        if self.way != way or asking.values(self.names) != self.values:
            return False
        return self.place == asking.credentials if self.place != SHARED else may_have(self.kept, asking)


@dataclass(slots=True)
class _Volume:
    names: Names
    keys: set[_Key] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Question:
    """A request that nothing fresh was found for. `why`, in the words of RFC 9211; `found` is the stale reply, if any."""

    uri: bytes
    way: Way
    asking: Asking
    found: Entry | None
    why: bytes


class Store(Protocol):
    """Where replies are kept. `size` is in bytes, `evicted` counts what went for want of room."""

    max_bytes: int
    size: int
    evicted: int

    def find(self, uri: bytes, way: Way, asking: Asking) -> Entry | Coroutine[Any, Any, Entry | None] | None:
        """The reply that this request may be given, fresh or not: a shared one before one's own."""
        ...

    def put(self, entry: Entry, rule: CacheRule, /) -> None:
        """Keep `entry` in the place of what was there; unless it was asked for before its URI was forgotten."""

    def drop(self, entry: Entry) -> None:
        """Keep it no more."""

    def forget(self, uri: bytes, now: float) -> None:
        """Keep nothing of this URI that was asked for until now."""

    async def purge(self, what: Purge, at: float) -> int | None:
        """Keep nothing of what `what` is about that was asked for until `at` (Unix seconds). How many replies went; None when
        that could not be done for all, and is to be tried again."""

    def trim(self) -> None:
        """Let go until no more than `max_bytes` are kept."""


class Shelf:
    """`size` is in bytes, `evicted` counts the replies that went for want of room."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.size = 0
        self.evicted = 0
        self._entries: OrderedDict[_Key, Entry] = OrderedDict()
        self._volumes: dict[bytes, dict[Way, _Volume]] = {}
        self._forgotten: dict[int, float] = {}  # by a hash of the URI, which clients may make long
        self._purged = Purged()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, uri: bytes, way: Way, asking: Asking) -> Entry | None:
        """The reply that this request may be given, fresh or not: a shared one before one's own."""
        volume = self._volumes.get(uri, {}).get(way)
        if volume is None:
            return None
        values = asking.values(volume.names)
        for place in (SHARED, asking.credentials) if asking.credentials else (SHARED,):
            key = (uri, way, place, values)
            entry = self._entries.get(key)
            if entry is not None and (place != SHARED or may_have(entry.kept, asking)):
                self._entries.move_to_end(key)
                return entry
        return None

    def put(self, entry: Entry, _rule: CacheRule) -> None:
        """Keep `entry` in the place of what was there; unless it was asked for before its URI was forgotten."""
        asked_at = entry.kept.asked_at
        if asked_at <= self._forgotten.get(hash(entry.uri), 0.0) or self._purged.forbids(
            entry.uri, entry.way, asked_at
        ):
            return  # what is there was asked for later
        self.drop(entry)
        if entry.size > self.max_bytes:
            return
        ways = self._volumes.setdefault(entry.uri, {})
        volume = ways.get(entry.way)
        if volume is not None and volume.names != entry.names:
            # The service tells its replies apart by other headers now: the old ones would not be found again.
            for old in [*volume.keys]:
                self._remove(old)
            ways = self._volumes.setdefault(entry.uri, {})
            volume = None
        key = _key(entry)
        volume = volume or ways.setdefault(entry.way, _Volume(entry.names))
        volume.keys.add(key)
        self._entries[key] = entry
        self.size += entry.size
        self.trim()

    def drop(self, entry: Entry) -> None:
        """Keep it no more."""
        if (key := _key(entry)) in self._entries:
            self._remove(key)

    def forget(self, uri: bytes, now: float) -> None:
        """Keep nothing of this URI that was asked for until now."""
        if len(self._forgotten) >= _KEEP_FORGOTTEN:
            self._forgotten.clear()
        self._forgotten[hash(uri)] = now
        for volume in [*self._volumes.get(uri, {}).values()]:
            for key in [*volume.keys]:
                self._remove(key)

    async def purge(self, what: Purge, at: float) -> int:
        """Keep nothing of what `what` is about that was asked for until `at`. How many replies went."""
        covers = self._purged.add(what, at)
        forgot = 0
        for number, uri in enumerate([*self._volumes]):
            if not number % _PURGE_AT_ONCE:
                await asyncio.sleep(0)  # requests go on
            for way, volume in [*self._volumes.get(uri, {}).items()]:
                if covers(uri, route_of(way)):
                    for key in [*volume.keys]:
                        self._remove(key)
                        forgot += 1
        return forgot

    def trim(self) -> None:
        """Let go until no more than `max_bytes` are kept."""
        while self.size > self.max_bytes:
            self._remove(next(iter(self._entries)))
            self.evicted += 1

    def _remove(self, key: _Key) -> None:
        entry = self._entries.pop(key)
        self.size -= entry.size
        ways = self._volumes[entry.uri]
        volume = ways[entry.way]
        volume.keys.discard(key)
        if not volume.keys:
            del ways[entry.way]
            if not ways:
                del self._volumes[entry.uri]


def _key(entry: Entry) -> _Key:
    return entry.uri, entry.way, entry.place, entry.values
