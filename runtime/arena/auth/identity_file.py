"""An identity file, read again whenever the daemon has renewed it."""

from __future__ import annotations

import logging
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arena.auth.identity import Identity

LOOK_SECONDS = 0.5

_log = logging.getLogger("arena.auth.identity_file")


class IdentityUnreadable(Exception):
    """There should be an identity file, and it could never be read; the message says why."""


class IdentityFile:
    """Follows one file. A later content that cannot be read leaves the last good one in force, and the log says so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: Identity | None = None
        self._seen: tuple[int, int, int] | None = None
        self._next_look = 0.0
        self._problem = ""

    def current(self) -> Identity:
        """What the file says, at most `LOOK_SECONDS` ago. Raises IdentityUnreadable."""
        now = monotonic()
        if self._identity is not None and now < self._next_look:
            return self._identity
        self._next_look = now + LOOK_SECONDS
        return self.look()

    def look(self) -> Identity:
        """What the file says now. Raises IdentityUnreadable."""
        # Not at the top: a service that nobody asks who called does not pay for importing the cryptography.
        from arena.auth import identity

        try:
            found = self._path.stat()
            signature = found.st_ino, found.st_mtime_ns, found.st_size
            if signature != self._seen or self._identity is None:
                self._identity = identity.read(self._path)
                self._seen, self._problem = signature, ""
        except (OSError, ValueError) as error:
            self._complain(f"{self._path.name} cannot be read: {error}")
            if self._identity is None:
                raise IdentityUnreadable(self._problem) from error
        return self._identity

    def _complain(self, problem: str) -> None:
        if problem != self._problem:
            _log.warning("the identity file is of no use; going on with what was known", extra={"reason": problem})
        self._problem = problem
