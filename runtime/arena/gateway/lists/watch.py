"""Following the registry, and the file that lets a restarted gateway serve while the registry is away."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path

from arena.gateway.view import View
from arena.model import codec
from arena.model.snapshot import Snapshot
from arena.registry.follow import follow
from arena.tasks import spawn

_log = logging.getLogger("arena.gateway")


class Watch:
    """Keeps `view` at what the registry says; a lost registry leaves it as it is, marked stale."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._url = ""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Follow the registry that the view's spec names, from now on and instead of another."""
        url = self._view.spec.registry_url
        if url == self._url:
            return
        self.stop()
        self._url = url
        if url:
            self._view.touch(connected=False)
            self._task = spawn(follow(url, self._take, self._hear), name="watch the registry")

    def stop(self) -> None:
        """Follow nothing."""
        if self._task is not None:
            self._task.cancel()

    def _take(self, snapshot: Snapshot) -> None:
        self._view.use_snapshot(snapshot)
        _keep(self._view.spec.snapshot_file, snapshot)

    def _hear(self, connected: bool, detail: str) -> None:
        self._view.touch(connected=connected)
        if connected:
            _log.info("following the registry at %s", self._url)
        else:
            _log.warning("serving from what is known, the registry is away: %s", detail)


def load_snapshot(path: str) -> Snapshot | None:
    """The snapshot that was kept at `path`; None when there is none that can be read."""
    if not path or not Path(path).exists():
        return None
    try:
        return codec.decode(Snapshot, json.loads(Path(path).read_text()))
    except (OSError, ValueError) as error:
        _log.warning("the kept snapshot %s cannot be used: %s", path, error)
        return None


def _keep(path: str, snapshot: Snapshot) -> None:
    """Write beside and rename, so that a reader sees the old or the new one, never half of one. Mode 0600: metadata is not
    for every user of the machine."""
    if not path:
        return
    beside = Path(f"{path}.{os.getpid()}.tmp")
    try:
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(codec.encode(snapshot), file)
        beside.replace(path)
    except OSError as error:
        _log.warning("the snapshot cannot be kept in %s: %s", path, error)
