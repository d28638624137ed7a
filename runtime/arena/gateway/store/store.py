"""The store as the filters see it: a place to ask, which may be down and comes back by itself."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from random import random
from time import monotonic
from typing import Any

from arena.gateway.store.link import Link, StoreDown, StoreRefused, connect
from arena.model.service import Restart
from arena.model.store import StoreAddress
from arena.policy.backoff import ceiling
from arena.tasks import spawn

_RETRY = Restart(delay=0.05, max_delay=1.0)

_log = logging.getLogger("arena.gateway.store")


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script and `sha`, how the server itself names it."""

    text: bytes
    sha: str

    @classmethod
    def load(cls, name: str) -> Script:
        """The script in this folder."""
        text = files("arena.gateway.store").joinpath(name).read_bytes()
        return cls(text, hashlib.sha1(text, usedforsecurity=False).hexdigest())


LIMITS = Script.load("limits.lua")
LOOK_SECONDS = 1.0
"""How often the server is asked how full it is."""
CROWDED = 0.4
"""The share of its `maxmemory` beyond which limits keep no new caller apart."""


class Store:
    """One Valkey or Redis server. `error` says what is wrong, '' while all is well; `failures` counts the questions
    that it did not answer. `fill` is the share of its `maxmemory` that was taken of late, 0 where it has none or does not
    say. `tried` is set once it was reached for the first time, or was not."""

    def __init__(self, address: StoreAddress) -> None:
        """Begins to connect; needs a running event loop."""
        self.address = address
        self.error = "not connected yet"
        self.failures = 0
        self.changed_at = monotonic()
        self.fill = 0.0
        self.tried = asyncio.Event()
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

    @property
    def crowded(self) -> bool:
        """Whether there is so little room that callers whom a limit does not know have to share counts."""
        return self.fill > CROWDED

    async def limits(self, keys: Sequence[bytes], words: Sequence[bytes], spare: Sequence[bytes] = ()) -> list[int]:
        """Run the script, once for all of `keys`: three numbers for each. `spare` are what new ones share where it is crowded.
        Raises StoreDown or StoreRefused."""
        try:
            reply = await self._run(LIMITS, (*keys, *spare), words)
            if not isinstance(reply, list) or len(reply) != 3 * len(keys):
                raise StoreRefused(f"it does not run scripts as Valkey does: it said {reply!r:.40}")
        except (StoreDown, StoreRefused) as error:
            self.failures += 1
            self._note(str(error))
            raise
        if self.error:
            self._note("")
        return reply

    async def run(self, script: Script, keys: Sequence[bytes], words: Sequence[bytes]) -> Any:
        """Run `script`. Raises StoreDown or StoreRefused."""
        return await self._noted(self._run(script, keys, words))

    async def ask(self, *words: str | bytes | int) -> Any:
        """Give any one command. Raises StoreDown or StoreRefused."""
        if self._link is None:
            self.failures += 1
            raise StoreDown(self.error)
        return await self._noted(self._link.call(*words))

    async def _noted(self, reply: Awaitable[Any]) -> Any:
        """Wait for `reply`, and note whether the store gave one."""
        try:
            told = await reply
        except (StoreDown, StoreRefused) as error:
            self.failures += 1
            self._note(str(error))
            raise
        if self.error:
            self._note("")
        return told

    def close(self) -> None:
        """Stop for good."""
        self._keeper.cancel()
        if self._link is not None:
            self._link.close()

    async def _run(self, script: Script, keys: Sequence[bytes], words: Sequence[bytes]) -> Any:
        link = self._link
        if link is None:
            raise StoreDown(self.error)
        try:
            return await link.call("EVALSHA", script.sha, len(keys), *keys, *words)
        except StoreRefused as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
        return await link.call("EVAL", script.text, len(keys), *keys, *words)

    async def _keep(self) -> None:
        """Keep one connection, for ever."""
        attempt = 0
        while True:
            try:
                link = self._link = await connect(self.address)
            except (StoreDown, StoreRefused) as error:
                self._note(str(error))
                self.tried.set()
                await asyncio.sleep((0.5 + random() / 2) * ceiling(_RETRY, attempt))
                attempt += 1
                continue
            attempt = 0
            self._note("")
            self.tried.set()
            while not link.lost.done():
                await self._look(link)
                await asyncio.wait((link.lost,), timeout=LOOK_SECONDS)
            self._link = None
            self._note(link.lost.result())

    async def _look(self, link: Link) -> None:
        """See how full it is; a user of the server who may not ask has to do without."""
        try:
            told = await link.call("INFO", "memory")
        except (StoreDown, StoreRefused):
            return
        facts = dict(line.split(b":", 1) for line in told.split() if b":" in line) if isinstance(told, bytes) else {}
        most, used = (int(facts.get(name, 0)) for name in (b"maxmemory", b"used_memory"))
        before, self.fill = self.crowded, used / most if most else 0.0
        if self.crowded and not before:
            _log.warning(
                "the state store at %s is %d%% full: callers whom a limit does not know yet share counts until there is room",
                self.address.place,
                100 * self.fill,
            )

    def _note(self, error: str) -> None:
        if bool(error) != bool(self.error) or error == self.error == "":
            self.changed_at = monotonic()
            if error:
                _log.warning("the state store at %s is down: %s", self.address.place, error)
            else:
                _log.info("the state store at %s is up", self.address.place)
        self.error = error
