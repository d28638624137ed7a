"""What is kept, in the state store: one cache for all workers and replicas. While the store is down every request is a miss.

A hash for each URI, under the name of the project and a digest, holds its variants, and the URI for those who purge; so one
command forgets them all, and whoever reads the keys learns neither URIs nor callers. Which headers tell variants apart is
guessed from the last time, so that one round trip finds a reply.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Coroutine
from typing import Any

from arena.gateway.cache.key import Way, route_of
from arena.gateway.cache.purged import Purged
from arena.gateway.cache.shelf import Entry, Names, Values
from arena.gateway.store.link import StoreDown, StoreRefused
from arena.gateway.store.store import Script, Store
from arena.model.cache import CacheRule, Purge
from arena.policy.cache.asking import Asking
from arena.policy.cache.freshness import useful_for
from arena.policy.cache.kept import Kept
from arena.policy.cache.purge import border, parts
from arena.policy.cache.storing import SHARED, may_have
from arena.tasks import spawn

SCRIPT = Script.load("cache.lua")
_KEEP_GUESSES = 4096


class SharedShelf:
    """As `Shelf`, but found later. `size` and `evicted` are what the store said last, and what this process drove out."""

    def __init__(self, store: Store, project: str, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.size = 0
        self.evicted = 0
        self.store = store
        self._prefix = f"arena:{project}:cache:".encode()
        self._guesses: dict[int, Names] = {}  # by a hash of URI and way, which clients may make long
        self._purged = Purged()

    def find(self, uri: bytes, way: Way, asking: Asking) -> Entry | Coroutine[Any, Any, Entry | None] | None:
        """The reply that this request may be given, fresh or not."""
        return self._find(uri, way, asking) if self.store.reachable else None

    def put(self, entry: Entry, rule: CacheRule) -> None:
        """Keep `entry` in the place of what was there; unless it was asked for before its URI was forgotten."""
        if self._purged.forbids(entry.uri, entry.way, entry.kept.asked_at):
            return
        spawn(self._put(entry, rule), name="cache")

    def drop(self, entry: Entry) -> None:
        """Keep it no more."""
        field = _field(_way(entry.way), entry.place, entry.values)
        spawn(self._run(entry.uri, b"drop", field), name="cache")

    def forget(self, uri: bytes, now: float) -> None:
        """Keep nothing of this URI that was asked for until now."""
        spawn(self._run(uri, b"forget", repr(now).encode()), name="cache")

    async def purge(self, what: Purge, at: float) -> int | None:
        """Keep nothing of what `what` is about that was asked for until `at`. How many replies went; None when the store did
        not answer until the end."""
        self._purged.add(what, at)
        site, path, query = parts(what.url.encode()) if what.url else (b"", b"", b"")
        about = b"any" if not what.url else b"below" if what.below else b"exact"
        fields = _route(what.route) if what.route else b""
        asked = (fields, about, site, border(path) if what.below else path, query, repr(at).encode())
        cursor, forgot = b"0", 0
        try:
            while True:
                self.size, _, cursor, count = await self.store.run(SCRIPT, self._keys(b""), (b"purge", cursor, *asked))
                forgot += int(count)
                if cursor == b"0":
                    return forgot
        except (StoreDown, StoreRefused):
            return None  # counted and told by the store itself

    def trim(self) -> None:
        """What is too much goes when something is put there next."""

    async def _find(self, uri: bytes, way: Way, asking: Asking) -> Entry | None:
        guess = self._guesses.get(hash((uri, way)), ())
        try:
            names, *variants = await self._ask(uri, way, asking, guess)
            if names is None:
                return None
            said: Names = tuple(names.split(b",")) if names else ()
            if said != guess:
                self._remember(uri, way, said)
                _, *variants = await self._ask(uri, way, asking, said)
        except (StoreDown, StoreRefused):
            return None
        for place, data in zip((SHARED, asking.credentials), variants, strict=False):
            kept = None if data is None else decode(data, shared=place == SHARED)
            if kept is not None and (place != SHARED or may_have(kept, asking)):
                return Entry(uri, way, place, said, asking.values(said), kept)
        return None

    async def _ask(self, uri: bytes, way: Way, asking: Asking, names: Names) -> list[bytes | None]:
        mark, values = _way(way), asking.values(names)
        fields = [b"n:" + mark, _field(mark, SHARED, values)]
        if asking.credentials:
            fields.append(_field(mark, asking.credentials, values))
        found: list[bytes | None] = await self.store.ask("HMGET", self._key(uri), *fields)
        return found

    async def _put(self, entry: Entry, rule: CacheRule) -> None:
        kept, mark = entry.kept, _way(entry.way)
        data = encode(kept)
        if len(data) > self.max_bytes:
            return
        use = useful_for(kept.facts, rule, shared=kept.shared)
        self._remember(entry.uri, entry.way, entry.names)
        await self._run(
            entry.uri, b"put", mark, b",".join(entry.names), _field(mark, entry.place, entry.values), data,
            repr(kept.asked_at).encode(), b"%d" % (use * 1000), b"%d" % self.max_bytes, b"\n".join(parts(entry.uri)),
        )  # fmt: skip

    async def _run(self, uri: bytes, *words: bytes) -> None:
        try:
            size, evicted, *_ = await self.store.run(SCRIPT, self._keys(uri), words)
        except (StoreDown, StoreRefused):
            return  # counted and told by the store itself
        self.size = size
        self.evicted += evicted

    def _keys(self, uri: bytes) -> tuple[bytes, bytes, bytes]:
        return self._key(uri), self._prefix + b"ends", self._prefix + b"sizes"

    def _key(self, uri: bytes) -> bytes:
        return self._prefix + hashlib.sha256(uri).hexdigest().encode()

    def _remember(self, uri: bytes, way: Way, names: Names) -> None:
        if len(self._guesses) >= _KEEP_GUESSES:
            self._guesses.clear()
        self._guesses[hash((uri, way))] = names


def encode(kept: Kept) -> bytes:
    """A kept reply as bytes."""
    head = [kept.status, [line.decode("latin-1") for line in kept.lines], kept.asked_at, kept.came_at]
    return json.dumps(head).encode() + b"\n" + kept.body


def decode(data: bytes, *, shared: bool) -> Kept | None:
    """What `encode` made bytes of; None for anything else."""
    head, end, body = data.partition(b"\n")
    try:
        status, lines, asked_at, came_at = json.loads(head)
        kept = tuple(line.encode("latin-1") for line in lines)
        return Kept(int(status), kept, body, float(asked_at), float(came_at), shared) if end else None
    except (ValueError, TypeError, AttributeError):
        return None


def _way(way: Way) -> bytes:
    route, service, path, query = way
    return _route(route_of(way)) + _digest((route.encode(), service.encode(), path, query))


def _route(name: str) -> bytes:
    """What the ways of one route begin with."""
    return _digest((name.encode(),))[:16]


def _field(way: bytes, place: bytes, values: Values) -> bytes:
    return b"e:%b:%b:%b" % (way, place.hex().encode(), _digest(values))


def _digest(parts: Values) -> bytes:
    made = hashlib.sha256()
    for part in parts:
        made.update(b"-" if part is None else b"%d:" % len(part) + part)
    return made.hexdigest()[:32].encode()
