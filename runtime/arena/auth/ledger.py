"""Lists that people add to and take from while the gateway runs: one JSON file each, private, replaced as a whole.

Readers see the old list or the new one, never half of either. Writers wait for each other: a lock is held from reading the
list to replacing it, so that two commands at once lose nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from arena.auth import folder
from arena.errors import ConfigError
from arena.model import codec

R = TypeVar("R")

Signature = tuple[int, int, int]


def signature(path: Path) -> Signature | None:
    """Changes whenever the file does, if it is replaced as a whole or grows; None while there is none. Cheap: it opens
    nothing. Raises ConfigError when the folder cannot be looked into."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be looked at: {error.strerror}") from error
    return found.st_ino, found.st_mtime_ns, found.st_size


class Ledger(Generic[R]):
    """The list of `kind` (a dataclass that `model.codec` understands) in the file at `path`; no file is an empty list."""

    def __init__(self, path: Path, kind: type[R]) -> None:
        self.path = path
        self._kind = kind

    def signature(self) -> Signature | None:
        """Of the file that holds the list."""
        return signature(self.path)

    def read(self) -> tuple[R, ...]:
        """Raises ConfigError for a file that others can read, or that holds something else."""
        try:
            with self.path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                content = file.read()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be read: {error.strerror}") from error
        if mode & 0o077:
            raise ConfigError(f"others can read {self.path}", hint=f"chmod 600 {self.path}")
        try:
            return codec.decode(tuple[self._kind, ...], json.loads(content), self.path.name)  # type: ignore[name-defined]
        except (ValueError, RecursionError) as error:
            raise ConfigError(
                f"{self.path} is damaged: {error}", hint="restore it, or delete it to start anew"
            ) from None

    def update(self, change: Callable[[tuple[R, ...]], Iterable[R]]) -> tuple[R, ...]:
        """Replace the list by what `change` makes of it, and return that. Raises ConfigError as `read` does, or when the
        file cannot be written; then, and when `change` raises, nothing has changed."""
        try:
            with self._locked():
                rows = tuple(change(self.read()))
                self._replace(json.dumps(codec.encode(rows)))
                return rows
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be written: {error.strerror}") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        folder.make(self.path.parent)
        lock = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _replace(self, text: str) -> None:
        aside = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.path)
        finally:
            aside.unlink(missing_ok=True)
