"""The store as the filters see it: a place to ask, which may be down and comes back by itself."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from importlib.resources import files
from random import random
from time import monotonic
from typing import Any

from arena.gateway.store.link import Link, StoreDown, StoreRefused, connect
from arena.model.service import Restart
from arena.model.store import StoreAddress
from arena.policy.backoff import ceiling
from arena.tasks import spawn

SCRIPT = files("arena.gateway.store").joinpath("limits.lua").read_bytes()
_SHA = hashlib.sha1(SCRIPT, usedforsecurity=False).hexdigest()  # how the server itself names a script
_RETRY = Restart(delay=0.05, max_delay=1.0)

_log = logging.getLogger("arena.gateway.store")


class Store:
    """One Valkey or Redis server. `error` says what is wrong, '' while all is well; `failures` counts the questions
    that it did not answer."""

    def __init__(self, address: StoreAddress) -> None:
        """Begins to connect; needs a running event loop."""
        self.address = address
        self.error = "not connected yet"
        self.failures = 0
        self.changed_at = monotonic()
        self._link: Link | None = None
        self._keeper = spawn(self._keep(), name="store")

    @property
    def reachable(self) -> bool:
        """False when asking is known to be in vain."""
        return self._link is not None

    @property
    def up(self) -> bool:
        """True when the last thing that was asked of it was answered."""
        return not self.error

    async def limits(self, keys: Sequence[bytes], words: Sequence[bytes]) -> list[int]:
        """Run the script, once for all of `keys`: three numbers for each. Raises StoreDown or StoreRefused."""
        try:
            reply = await self._run(keys, words)
            if not isinstance(reply, list) or len(reply) != 3 * len(keys):
                raise StoreRefused(f"it does not run scripts as Valkey does: it said {reply!r:.40}")
        except (StoreDown, StoreRefused) as error:
            self.failures += 1
            self._note(str(error))
            raise
        if self.error:
            self._note("")
        return reply

    async def ask(self, *words: str | bytes | int) -> Any:
        """Give any one command. Raises StoreDown or StoreRefused."""
        try:
            if self._link is None:
                raise StoreDown(self.error)
            reply = await self._link.call(*words)
        except (StoreDown, StoreRefused) as error:
            self.failures += 1
            self._note(str(error))
            raise
        if self.error:
            self._note("")
        return reply

    def close(self) -> None:
        """Stop for good."""
        self._keeper.cancel()
        if self._link is not None:
            self._link.close()

    async def _run(self, keys: Sequence[bytes], words: Sequence[bytes]) -> Any:
        link = self._link
        if link is None:
            raise StoreDown(self.error)
        try:
            return await link.call("EVALSHA", _SHA, len(keys), *keys, *words)
        except StoreRefused as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
        return await link.call("EVAL", SCRIPT, len(keys), *keys, *words)

    async def _keep(self) -> None:
        """Keep one connection, for ever."""
        attempt = 0
        while True:
            try:
                link = self._link = await connect(self.address)
            except (StoreDown, StoreRefused) as error:
                self._note(str(error))
                await asyncio.sleep((0.5 + random() / 2) * ceiling(_RETRY, attempt))
                attempt += 1
                continue
            attempt = 0
            self._note("")
            reason = await link.lost
            self._link = None
            self._note(reason)

    def _note(self, error: str) -> None:
        if bool(error) != bool(self.error) or error == self.error == "":
            self.changed_at = monotonic()
            if error:
                _log.warning("the state store at %s is down: %s", self.address.place, error)
            else:
                _log.info("the state store at %s is up", self.address.place)
        self.error = error
