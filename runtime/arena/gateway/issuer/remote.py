"""The keys that an issuer publishes at a URL: fetched in the background, never on the way of a request whose key is known."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable
from random import random
from time import monotonic

from arena.auth import jwks, jwks_fetch
from arena.auth.jwks_fetch import FetchFailed
from arena.auth.jwt import Verifier
from arena.gateway.issuer.source import Condition, Source
from arena.model.project import Jwks
from arena.policy.upkeep import Upkeep
from arena.tasks import spawn

MAX_WAITING = 1000  # requests; those beyond are answered at once
_log = logging.getLogger("arena.gateway.issuer")


class Remote:
    """Until the keys were had for the first time, and after they were stale for too long, the verifier has none."""

    def __init__(self, verifier: Verifier, rule: Jwks) -> None:
        self.verifier = verifier
        self._rule = rule
        self._upkeep = Upkeep()
        self._document = b""
        self._changed = False
        self._task: asyncio.Task[None] | None = None
        self._waiting = 0
        self._fetches = Counter[str]()
        verifier.trouble = "they were not fetched yet"

    async def refresh(self) -> bool:
        """Begin to fetch the keys when they are due, and put them out of use when they are too old."""
        now = monotonic()
        if self.verifier.keys is not None and self._upkeep.is_expired(now):
            self.verifier.keys, self._document, self._changed = None, b"", True
            _log.error("the keys of the issuer %r are out of use: %s", self.verifier.jwt.issuer, self.verifier.trouble)
        if self._upkeep.is_due(now):
            self._begin(now)
        changed, self._changed = self._changed, False
        return changed

    def renew(self) -> Awaitable[None] | None:
        """The end of the fetch that is under way, or of one that begins now unless the last one was a moment ago."""
        if self._waiting >= MAX_WAITING:
            return None
        now = monotonic()
        if self._task is None and self._upkeep.may_ask(now):
            self._begin(now)
        return None if self._task is None else self._wait(self._task)

    def take_over(self, before: Source) -> None:
        """The keys of the same URL are ours too, read by our own rules."""
        if not isinstance(before, Remote) or before._rule.url != self._rule.url or before.verifier.keys is None:
            return
        try:
            self.verifier.keys = jwks.read(before._document, self.verifier.jwt.algorithms).keys
        except ValueError as error:
            self.verifier.trouble = f"what it publishes {error}"
            return
        self._document, self._upkeep, self._fetches = before._document, before._upkeep, before._fetches
        self.verifier.trouble = before.verifier.trouble
        if before._rule != self._rule:
            self._upkeep = Upkeep(fetched_at=before._upkeep.fetched_at, expires_at=before._upkeep.expires_at)

    def condition(self) -> Condition | None:
        """Stale while the last attempt to fetch them failed."""
        keys, trouble = self.verifier.keys, self.verifier.trouble
        age = None if keys is None else monotonic() - self._upkeep.fetched_at
        fetches = tuple(sorted(self._fetches.items()))
        return Condition(len(keys.keys) if keys else 0, age, trouble, keys is not None and bool(trouble), fetches)

    def _begin(self, now: float) -> None:
        if self._task is None:
            self._upkeep = self._upkeep.begun(now)
            self._task = spawn(self._fetch(), name=f"keys of {self.verifier.jwt.issuer}")

    async def _wait(self, task: asyncio.Task[None]) -> None:
        self._waiting += 1
        try:
            await asyncio.wait({task})
        finally:
            self._waiting -= 1

    async def _fetch(self) -> None:
        try:
            fetched = await jwks_fetch.fetch_keys(self._rule)
            if fetched.document != self._document:
                await self._use(fetched.document)
        except FetchFailed as error:
            self._failed(str(error))
        except ValueError as error:
            self._failed(f"what it publishes {error}")
        else:
            self._fetches["ok"] += 1
            self._upkeep = self._upkeep.succeeded(self._rule, fetched.max_age, monotonic())
            if self.verifier.trouble:
                _log.info("the keys of the issuer %r are there", self.verifier.jwt.issuer)
            self.verifier.trouble = ""
        finally:
            self._task = None

    async def _use(self, document: bytes) -> None:
        found = await asyncio.to_thread(jwks.read, document, self.verifier.jwt.algorithms)
        self.verifier.keys, self._document, self._changed = found.keys, document, True
        for each in found.skipped:
            _log.warning("of the issuer %r, %s", self.verifier.jwt.issuer, each)

    def _failed(self, trouble: str) -> None:
        self._fetches["failed"] += 1
        self._upkeep = self._upkeep.failed(monotonic(), random())
        if trouble != self.verifier.trouble:
            _log.error("the keys of the issuer %r cannot be fetched: %s", self.verifier.jwt.issuer, trouble)
        self.verifier.trouble = trouble
