"""Records in the state store: one for all workers and replicas.

A claim comes with a lease, which is renewed while the request is under way and lapses CLAIM_SECONDS after the worker died that
held it. What became of the request nobody knows then: it counts as done, or by other `Terms` may be carried out again.

Nothing is forgotten early. The store holds the counts of rate limits too, which callers must not be able to crowd out: when its
memory is FULL, no new key is taken, and of strangers none before that; replies are kept in between. Where one has no room all
the same, its claim is kept instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from arena.gateway.idempotency.record import Full, Record, Terms, Unable, decode, encode
from arena.gateway.store.link import StoreDown, StoreRefused
from arena.gateway.store.store import Script, Store
from arena.tasks import spawn

_log = logging.getLogger("arena.gateway.idempotency")

CLAIM_SECONDS = 30.0
STRANGERS, REPLIES, FULL = 0.3, 0.6, 0.75
"""Shares of the store's `maxmemory`: beyond them no new key of a stranger is taken, no reply kept, no new key taken."""
CLAIM = Script.load("claim.lua")


class SharedLedger:
    """A Ledger in `store`, under the name of `project`."""

    def __init__(self, store: Store, project: str) -> None:
        self._store = store
        self._prefix = f"arena:{project}:idempotency:".encode()
        self._renewals: dict[str, asyncio.Task[Any]] = {}
        self._warned = False

    async def claim(self, name: str, record: Record, terms: Terms) -> Record | None:
        """As the protocol says."""
        full = self._store.fill > (FULL if terms.known else STRANGERS)
        self._warn()
        numbers = (_milliseconds(terms.ttl), _milliseconds(CLAIM_SECONDS), not terms.once, full)
        words = (encode(record), *(b"%d" % number for number in numbers))
        answer = await self._told(self._store.run(CLAIM, self._keys(name), words))
        if answer == 1:
            self._renewals[name] = spawn(self._renew(name), name="idempotency")
            return None
        if answer == 0:
            raise Full
        try:
            data, held = answer
            found = decode(data)
        except (ValueError, TypeError) as error:
            raise Unable("what the store remembers of this key cannot be read") from error
        return found if found.done or held else replace(found, done=True)

    async def settle(self, name: str, record: Record, terms: Terms) -> None:
        """As the protocol says."""
        self._stop_renewing(name)
        key, lease = self._keys(name)
        milliseconds = _milliseconds(terms.ttl)
        if self._store.fill > (REPLIES if terms.known else STRANGERS):
            record = replace(record, reply=None)
        try:
            await self._ask("SET", key, encode(record), "PX", milliseconds)
        except Unable:
            # That it was done must be remembered. This takes no memory: the claim stays, and is nobody's to carry out.
            await self._ask("PEXPIRE", key if terms.once else lease, milliseconds)

    async def release(self, name: str) -> None:
        """As the protocol says."""
        self._stop_renewing(name)
        await self._ask("DEL", *self._keys(name))

    def _keys(self, name: str) -> tuple[bytes, bytes]:
        key = self._prefix + name.encode()
        return key, key + b":lease"

    def _warn(self) -> None:
        full = self._store.fill > FULL
        if full and not self._warned:
            _log.warning(
                "no new idempotency keys are taken: the state store is %d%% full; shorten their ttl or raise its maxmemory",
                100 * FULL,
            )
        self._warned = full

    async def _ask(self, *words: str | bytes | int) -> Any:
        return await self._told(self._store.ask(*words))

    async def _told(self, reply: Awaitable[Any]) -> Any:
        try:
            return await reply
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
                await self._ask("PEXPIRE", self._keys(name)[1], _milliseconds(CLAIM_SECONDS))
            except Unable:
                continue  # it may be up again before the claim lapses; its failures are counted and told


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
