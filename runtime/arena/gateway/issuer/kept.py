"""The project's own token keys, kept in its state folder: rotated while the gateway runs."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from arena.auth import token_key
from arena.auth.jwt import Verifier
from arena.auth.token_key import TokenKey
from arena.errors import ConfigError
from arena.gateway.issuer.source import Condition, Source
from arena.gateway.lists.followed import Followed


class KeptKeys:
    """Raises ConfigError when there is no key, or one that cannot be used. `now` is the wall clock in Unix seconds."""

    def __init__(self, verifier: Verifier, path: Path, now: Callable[[], float] = time.time) -> None:
        self.verifier = verifier
        self._path = path
        self._now = now
        self._rows: tuple[TokenKey, ...] = ()
        self._next_end = float("inf")
        self._changed = False
        self._file = Followed(path, token_key.kept(path).read, self._use)

    async def refresh(self) -> bool:
        """Follow the file, and let former keys go when their time is over."""
        await self._file.refresh()
        if self._now() >= self._next_end:
            self._use(self._rows)
        changed, self._changed = self._changed, False
        return changed

    def renew(self) -> Awaitable[None] | None:
        """A key that was made a moment ago is in the file already."""
        return self._read_again() if self._file.newer() else None

    def take_over(self, before: Source) -> None:
        """Nothing: the file has been read."""

    def condition(self) -> Condition | None:
        """Nothing that anybody but us could mend."""
        return None

    async def _read_again(self) -> None:
        await self._file.refresh()

    def _use(self, rows: tuple[TokenKey, ...]) -> None:
        now = self._now()
        good = token_key.usable(rows, now)
        if not good:
            raise ConfigError(f"there is no token key in {self._path}", hint="`arena up` makes one")
        self.verifier.keys = token_key.key_set((row.secret for row in good), self.verifier.jwt)
        self._rows, self._changed = rows, True
        self._next_end = min((row.until for row in good if row.until is not None), default=float("inf"))
