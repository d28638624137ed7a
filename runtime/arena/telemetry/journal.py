"""The timed lines kept of one instance: `<instance>.log`, and `.log.1` (newer) to `.log.4` (oldest).

An entry is one line of text: Unix seconds, the spool offset (hex) just past the line, the line:

    1764000000.123456 1a2b GET /health 200

The offset makes reading the spool and keeping the line one atomic act: after a daemon's death the last whole entry says
how far it came, so lines are neither lost nor repeated. An entry half written is cut off and read again. What can still
happen: a crash of the *machine* may lose what the kernel had not yet written to disk.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from arena.telemetry.spool import Entry

ROTATE_BYTES = 10 * 1024 * 1024
KEEP = 4
"""How many full files are kept beside the current one."""

_TAIL_BYTES = 256 * 1024  # more than the longest entry, so the last whole one is always inside
_log = logging.getLogger("arena.telemetry")


class Journal:
    """Appends entries to `path`. `offset` is how far into the spool the journal reaches."""

    def __init__(self, path: Path, *, rotate_bytes: int = ROTATE_BYTES) -> None:
        self._path = path
        self._rotate_bytes = rotate_bytes
        self._file, self._size = _open(path)
        self.offset = self._recover()
        self._full = False

    def append(self, entries: Sequence[Entry], at: float) -> bool:
        """Keep `entries`, seen at `at`. False when the disk refused them: nothing was kept, try again later."""
        stamp = b"%.6f" % at
        data = b"".join([b"%b %x %b\n" % (stamp, end, line) for end, line in entries])
        if not self._write(data):
            return False
        self.offset = entries[-1][0]
        if self._size >= self._rotate_bytes:
            self._rotate()
        return True

    def rewind(self, at: float) -> None:
        """Note that the spool has been emptied: offsets begin again at 0. Call it after the emptying; a death between
        the two leaves an offset past the spool's end, which the reader takes as 0 too."""
        if self.offset and self._write(b"%.6f 0 \n" % at):
            self.offset = 0

    def close(self) -> None:
        os.close(self._file)

    def _write(self, data: bytes) -> bool:
        """All of `data` or nothing of it."""
        try:
            written = os.write(self._file, data)
            if written != len(data):
                raise OSError(28, "no space left on device")
        except OSError as error:
            os.ftruncate(self._file, self._size)
            if not self._full:
                _log.warning("cannot keep log lines in %s (%s); they wait in the spool", self._path, error)
            self._full = True
            return False
        self._full = False
        self._size += len(data)
        return True

    def _recover(self) -> int:
        """Cut off half an entry and find the offset of the last whole one, in this file or the one before it."""
        tail = _tail(self._path)
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            self._size -= len(tail) - whole
            os.ftruncate(self._file, self._size)
        if whole:
            return _last_offset(tail[:whole])
        return _last_offset(_tail(rotated(self._path, 1)))  # died between rotating and writing again

    def _rotate(self) -> None:
        for number in range(KEEP, 0, -1):
            older = rotated(self._path, number - 1)
            if older.exists():
                older.replace(rotated(self._path, number))
        full = self._file
        self._file, self._size = _open(self._path)
        os.close(full)


def rotated(path: Path, number: int) -> Path:
    """The name of the `number`-th older file; 0 is the current one."""
    return path.with_name(f"{path.name}.{number}") if number else path


def _open(path: Path) -> tuple[int, int]:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return file, os.fstat(file).st_size


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return file.read()
    except FileNotFoundError:
        return b""


def _last_offset(entries: bytes) -> int:
    """The offset in the last entry; 0 when there is no entry."""
    fields = entries.removesuffix(b"\n").rpartition(b"\n")[2].split(b" ", 2)
    try:
        return int(fields[1], 16)
    except (IndexError, ValueError):
        return 0
