"""One Snapshot to many watchers. A slow watcher gets the latest one when it is ready, never a backlog."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator

from arena.model import codec
from arena.model.snapshot import Snapshot

KEEP_ALIVE = 5.0  # seconds; `registry.follow` gives up after three of them


class Broadcast:
    """Holds the latest Snapshot, encoded once however many watch."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._line = _encode(snapshot)
        self._bells: set[asyncio.Event] = set()
        self._closed = False

    @property
    def watchers(self) -> int:
        return len(self._bells)

    @property
    def line(self) -> bytes:
        """The latest Snapshot as JSON with a newline."""
        return self._line

    def publish(self, snapshot: Snapshot) -> bool:
        """Wake every watcher; False, and nothing is sent, when it is the Snapshot they have."""
        if snapshot is self._snapshot:
            return False
        self._snapshot = snapshot
        self._line = _encode(snapshot)
        self._ring()
        return True

    def close(self) -> None:
        """End every stream now and every later one at once: an open stream would keep the server from ending."""
        self._closed = True
        self._ring()

    async def lines(self, keep_alive: float = KEEP_ALIVE) -> AsyncGenerator[bytes, None]:
        """The latest Snapshot, then each newer one as it comes; a blank line after `keep_alive` seconds of silence."""
        bell = asyncio.Event()
        self._bells.add(bell)
        sent: Snapshot | None = None
        try:
            while not self._closed:
                bell.clear()
                if sent is self._snapshot:
                    yield b"\n"
                else:
                    sent = self._snapshot
                    yield self._line
                await _wait(bell, keep_alive)
        finally:
            self._bells.discard(bell)

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()


async def _wait(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return


def _encode(snapshot: Snapshot) -> bytes:
    return json.dumps(codec.encode(snapshot), separators=(",", ":")).encode() + b"\n"
