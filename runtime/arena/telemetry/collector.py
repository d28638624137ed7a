"""Moves lines from spools to journals while the daemon lives."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from arena import tasks
from arena.clock import Clock
from arena.telemetry.journal import Journal
from arena.telemetry.spool import Spool

_log = logging.getLogger("arena.telemetry")
_POLL_SECONDS = 0.05  # a look costs one fstat per instance


class LogCollector:
    """Tails the spool of every instance it was told of, and stamps each line with the time it was seen.

    The folder holds `<instance>.spool` and `<instance>.log`; it is made, with mode 0700, if it is missing.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._pairs: dict[str, tuple[Spool, Journal]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to poll."""
        self._task = tasks.spawn(self._poll(), name="log collector")

    async def close(self) -> None:
        """Take what is there and let go. A half line stays in its spool for the next daemon."""
        await tasks.cancel(self._task)
        for instance in tuple(self._pairs):
            self.drain(instance)
            self._release(instance)

    def spool_path(self, instance: str) -> Path:
        """Where the instance's process must append its output."""
        return self._folder / f"{instance}.spool"

    def journal_path(self, instance: str) -> Path:
        """Where the instance's timed lines are kept."""
        return self._folder / f"{instance}.log"

    def begin(self, instance: str) -> Path:
        """A new process of `instance` is about to start, none is left: keep all of the old spool, empty it, give its path."""
        self.finish(instance)
        spool, journal = self._pair(instance)
        if spool.offset == spool.size:  # otherwise the disk is full and lines still wait
            spool.empty()
            journal.rewind(self._clock.now())
        return self.spool_path(instance)

    def resume(self, instance: str) -> None:
        """Go on with an instance that another daemon started."""
        self._pair(instance)

    def drain(self, instance: str) -> None:
        """Keep every whole line written so far, now."""
        while self._move(instance):
            pass

    def finish(self, instance: str) -> None:
        """The instance's processes have ended: keep the rest, half a line included, and close the files."""
        self._pair(instance)
        while self._move(instance, final=True):
            pass
        self._release(instance)

    def _pair(self, instance: str) -> tuple[Spool, Journal]:
        if instance not in self._pairs:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            journal = Journal(self.journal_path(instance))
            self._pairs[instance] = (Spool(self.spool_path(instance), journal.offset), journal)
        return self._pairs[instance]

    def _release(self, instance: str) -> None:
        for file in self._pairs.pop(instance):
            file.close()

    def _move(self, instance: str, *, final: bool = False) -> bool:
        """Move one batch; False when there was nothing to move, or nowhere to put it."""
        if instance not in self._pairs:
            return False
        spool, journal = self._pairs[instance]
        entries = spool.read(final=final)
        if not entries or not journal.append(entries, self._clock.now()):
            return False
        spool.consumed(journal.offset)
        return True

    def _try_move(self, instance: str) -> bool:
        """One instance whose files are gone must not silence the others."""
        try:
            return self._move(instance)
        except OSError as error:
            _log.error("cannot keep the log of %s: %s", instance, error)
            self._release(instance)
            return False

    async def _poll(self) -> None:
        while True:
            moved = [self._try_move(instance) for instance in tuple(self._pairs)]
            await asyncio.sleep(0 if any(moved) else _POLL_SECONDS)
