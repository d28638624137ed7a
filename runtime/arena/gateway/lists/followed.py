"""A file that people change while the gateway runs, read again soon after.

Looking at a file's signature a few times a second costs microseconds, needs no daemon, and misses nothing: a list is replaced
as a whole, so the new one has another inode. A file that cannot be read leaves the last good content in force, and says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from arena.auth.ledger import signature
from arena.errors import ConfigError

REFRESH_SECONDS = 0.2
T = TypeVar("T")
_log = logging.getLogger("arena.gateway.lists.followed")


class Followed(Generic[T]):
    """The file at `path`, what `read` makes of it, and who is told by `apply`. Raises ConfigError when it cannot be read now:
    a gateway must not start by guessing. With `lenient` it may, and that is logged."""

    def __init__(self, path: Path, read: Callable[[], T], apply: Callable[[T], None], *, lenient: bool = False) -> None:
        self._path = path
        self._read = read
        self._apply = apply
        self._seen = signature(path)
        self.problem = ""
        try:
            apply(read())
        except ConfigError as error:
            if not lenient:
                raise
            self._complain(error.message)

    async def refresh(self) -> bool:
        """Read it again if it has changed; True when what was read is in force."""
        try:
            # Before reading: what changes while we read is read again.
            now = signature(self._path)
            if now == self._seen:
                return False
            found = await asyncio.to_thread(self._read)
            self._apply(found)
        except ConfigError as error:
            self._complain(error.message)
            return False
        self._seen, self.problem = now, ""
        return True

    def newer(self) -> bool:
        """Whether there is something new to read, as far as one look can tell."""
        if self.problem:
            return False
        try:
            return signature(self._path) != self._seen
        except ConfigError:
            return False

    def _complain(self, problem: str) -> None:
        if problem != self.problem:
            _log.error("going on with the last good content: %s", problem)
        self.problem = problem
