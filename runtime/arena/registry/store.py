"""What the registry knows, kept in a file for its next life."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from arena.model import codec
from arena.registry.entry import Entry

# Seconds between two writes: as long as the last one took, so that half the time is left for the work, within these bounds.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.005, 0.1

_log = logging.getLogger("arena.registry.store")


@dataclass(frozen=True, slots=True)
class _Document:
    entries: tuple[Entry, ...]
    format: int = 1


class Store:
    """The file at `path`. A change is written at once; changes that come thick and fast are written together, the further
    apart the longer writing takes, and whoever must not acknowledge one before it is safe awaits `settled`. `entries` gives
    what is to be kept."""

    def __init__(self, path: Path, entries: Callable[[], tuple[Entry, ...]]) -> None:
        self._path = path
        self._entries = entries
        self._timer: asyncio.TimerHandle | None = None
        self._dirty = False
        self._settled = asyncio.Event()
        self._settled.set()

    def load(self) -> tuple[Entry, ...]:
        """What the last life knew. A file that cannot be used is put aside and reported, and nothing is known."""
        try:
            return codec.decode(_Document, json.loads(self._path.read_bytes())).entries
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, RecursionError) as error:
            aside = self._path.with_name(f"{self._path.name}.unusable")
            _log.error("the kept state cannot be used", extra={"reason": str(error)[:300], "kept_as": str(aside)})
            self._put_aside(aside)
            return ()

    def save_soon(self) -> None:
        """Note a change: written now, or with the next ones after the pause."""
        self._dirty = True
        self._settled.clear()
        if self._timer is None:
            loop = asyncio.get_running_loop()
            began = loop.time()
            self._write()
            pause = min(max(loop.time() - began, _SHORTEST_PAUSE), _LONGEST_PAUSE)
            self._timer = loop.call_later(pause, self._after_pause)

    async def settled(self) -> None:
        """Return when every change so far is written, or could not be."""
        await self._settled.wait()

    def close(self) -> None:
        """Write what is not written yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._dirty:
            self._write()

    def _after_pause(self) -> None:
        self._timer = None
        if self._dirty:
            self.save_soon()

    def _write(self) -> None:
        """Write a new file and put it in the old one's place: a reader, or a next life, sees one or the other whole. Not
        forced to the disk: it need outlive this process, not the machine, on which every instance dies too."""
        document = _Document(tuple(replace(entry, expires_at=None) for entry in self._entries()))
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(codec.encode(document), file)
            fresh.replace(self._path)
        except OSError as error:  # a full disk must not end the registry: the next change, or the end, tries again
            _log.error("the state could not be kept", extra={"reason": str(error)})
        else:
            self._dirty = False
        self._settled.set()

    def _put_aside(self, aside: Path) -> None:
        try:
            self._path.replace(aside)
        except OSError as error:
            _log.error("the unusable state could not be put aside", extra={"reason": str(error)})
