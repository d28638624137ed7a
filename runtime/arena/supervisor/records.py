"""instances.json: what a supervisor must know to take over from one that died."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from arena.model import codec
from arena.model.address import Address
from arena.model.instance import Status
from arena.model.workload import Workload
from arena.supervisor.backends.base import Handle
from arena.supervisor.instance import Instance

_log = logging.getLogger("arena.supervisor")


@dataclass(frozen=True, slots=True)
class Record:
    """The lasting part of an Instance. It holds the whole workload, environment values included, hence mode 0600."""

    workload: Workload
    index: int
    status: Status
    address: Address | None = None
    handle: Handle | None = None
    started_at: float | None = None
    restarts: int = 0
    exit_code: int | None = None
    detail: str = ""
    leaving: tuple[Handle, ...] = ()

    @classmethod
    def of(cls, instance: Instance) -> Record:
        return cls(**{name: getattr(instance, name) for name in cls.__slots__})

    def instance(self) -> Instance:
        """The instance as it was recorded; its health is not known yet."""
        return Instance(**{name: getattr(self, name) for name in self.__slots__})


class RecordFile:
    """Reads and replaces the file at `path` as a whole, so that a death mid-way leaves the old or the new, never half."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = ""

    def load(self) -> tuple[Record, ...]:
        """The records; none if there is no file. One that cannot be read is set aside, and there are none: the sweep
        then ends what it spoke of."""
        try:
            data = json.loads(self._path.read_bytes())
            return tuple(codec.decode(Record, item) for item in data)
        except FileNotFoundError:
            return ()
        except (ValueError, TypeError) as error:
            aside = self._path.with_suffix(".unreadable")
            self._path.replace(aside)
            _log.error("%s cannot be read (%s); moved to %s", self._path, error, aside)
            return ()

    def save(self, instances: Iterable[Instance]) -> None:
        """Write the records of `instances` if they differ from what was last written.

        A disk that refuses must not stop the supervising: it is logged, and tried again with the next change.
        """
        records = [codec.encode(Record.of(instance)) for instance in instances]
        text = json.dumps(records)
        if text == self._written:
            return
        try:
            self._replace(text)
        except OSError as error:
            _log.error("cannot write %s: %s", self._path, error)
        else:
            self._written = text

    def _replace(self, text: str) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "w") as writer:
            writer.write(text)
        draft.replace(self._path)
