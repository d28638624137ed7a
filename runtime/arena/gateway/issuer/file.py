"""A key set in a file that somebody else keeps up to date."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from pathlib import Path
from time import monotonic

from arena.auth import jwks
from arena.auth.jwks import Published
from arena.auth.jwt import Verifier
from arena.gateway.issuer.source import Condition, Source
from arena.gateway.lists.followed import Followed

_log = logging.getLogger("arena.gateway.issuer")


class KeyFile:
    """Raises ConfigError when the file holds no key that can be used."""

    def __init__(self, verifier: Verifier, path: Path) -> None:
        self.verifier = verifier
        self._path = path
        self._read_at = 0.0
        self._changed = False
        self._file = Followed(path, self._read, self._use)

    async def refresh(self) -> bool:
        """Follow the file."""
        await self._file.refresh()
        changed, self._changed = self._changed, False
        return changed

    def renew(self) -> Awaitable[None] | None:
        """Its newest content, if that was not read yet."""
        return self._read_again() if self._file.newer() else None

    def take_over(self, before: Source) -> None:
        """Nothing: the file has been read."""

    def condition(self) -> Condition | None:
        """Stale when the file cannot be used any more."""
        keys = self.verifier.keys
        problem = self._file.problem
        return Condition(len(keys.keys) if keys else 0, monotonic() - self._read_at, problem, bool(problem))

    async def _read_again(self) -> None:
        await self._file.refresh()

    def _read(self) -> Published:
        return jwks.read_file(self._path, self.verifier.jwt.algorithms)

    def _use(self, found: Published) -> None:
        self.verifier.keys = found.keys
        self._read_at, self._changed = monotonic(), True
        for each in found.skipped:
            _log.warning("of the issuer %r, %s", self.verifier.jwt.issuer, each)
