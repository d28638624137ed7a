"""A list in a file, read again soon after it changes.

Looking at a file's signature a few times a second costs microseconds, needs no daemon, and misses nothing: a list is replaced
as a whole, so the new one has another inode. A list that cannot be read leaves the last good one in force, and says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from arena.auth.ledger import Ledger
from arena.errors import ConfigError

REFRESH_SECONDS = 0.2
_log = logging.getLogger("arena.gateway.followed")


class Followed:
    """One list, and who is told of it: `apply` gets what it holds at once, and again after every change.

    Raises ConfigError when it cannot be read at first; with `lenient`, it then counts as empty, and that is logged.
    """

    def __init__(self, ledger: Ledger[Any], apply: Callable[[Iterable[Any]], None], *, lenient: bool = False) -> None:
        self._ledger = ledger
        self._apply = apply
        self._seen = ledger.signature()
        self._problem = ""
        try:
            apply(ledger.read())
        except ConfigError as error:
            if not lenient:
                raise
            self._complain(error.message)

    async def refresh(self) -> bool:
        """Read it again if it has changed; True when it has."""
        # Before reading: what changes while we read is read again.
        signature = self._ledger.signature()
        if signature == self._seen:
            return False
        try:
            rows = await asyncio.to_thread(self._ledger.read)
        except ConfigError as error:
            self._complain(error.message)
            return False
        self._seen, self._problem = signature, ""
        self._apply(rows)
        return True

    def _complain(self, problem: str) -> None:
        if problem != self._problem:
            _log.error("going on with the last good list: %s", problem)
        self._problem = problem
