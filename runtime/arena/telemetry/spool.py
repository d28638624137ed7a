"""The raw output file of one instance: the child appends, the daemon reads behind it.

The child holds the file itself (O_APPEND), not a pipe to the daemon, so that it keeps writing, and no line is lost, while
the daemon is dead. What has been read is given back to the file system by punching holes (Linux); the file's logical
size keeps growing, its use of the disk does not. Where the file system cannot punch holes, the space comes back when
the instance is next started and the spool is emptied.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

LONGEST_LINE = 64 * 1024
"""Bytes of a line kept in one piece; the rest follows as further lines."""

SPLIT_MARK = " […continued]".encode()
"""Put at the end of each piece of an over-long line but the last."""

_READ_BYTES = 256 * 1024  # must exceed LONGEST_LINE, or a long line would never be read past
_PUNCH_EVERY = 1024 * 1024
_BLOCK = 4096
_PUNCH_HOLE_KEEP_SIZE = 0x02 | 0x01  # linux/falloc.h

Entry = tuple[int, bytes]
"""The offset just past a line's end in the spool, and the line without its newline."""


class Spool:
    """Reads one spool file from `offset` on. The file need not exist yet."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self._punched = 0
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._seen_size = -1
        if offset > self.size:  # it was emptied and the offset is from before
            self.offset = 0

    @property
    def size(self) -> int:
        """Logical size in bytes."""
        return os.fstat(self._file).st_size

    def read(self, *, final: bool = False) -> list[Entry]:
        """The next whole lines, oldest first; empty when there are none. `final`: also a last line without newline.

        The offset does not move: call `consumed` when the lines are safe.
        """
        size = self.size
        if size == self._seen_size and not final:
            return []  # nothing new since a read that ended in half a line
        data = os.pread(self._file, _READ_BYTES, self.offset)
        entries = split(data, self.offset, final=final and self.offset + len(data) >= size)
        if not entries:
            self._seen_size = size
        return entries

    def consumed(self, offset: int) -> None:
        """Lines up to `offset` are kept elsewhere now; their space may be freed."""
        self.offset = offset
        if offset - self._punched >= _PUNCH_EVERY:
            end = offset - offset % _BLOCK
            _punch_hole(self._file, self._punched, end - self._punched)
            self._punched = end

    def empty(self) -> None:
        """Throw away the content. Only while no process writes to it."""
        os.ftruncate(self._file, 0)
        self.offset = self._punched = 0
        self._seen_size = -1

    def close(self) -> None:
        os.close(self._file)


def split(data: bytes, offset: int, *, final: bool) -> list[Entry]:
    """Cut `data`, which begins at `offset` of the spool, into lines. Half a line at the end is left unless `final`."""
    *lines, rest = data.split(b"\n")
    entries: list[Entry] = []
    start = offset
    for line in lines:
        if len(line) > LONGEST_LINE:
            entries += _pieces(line, start)
            entries.append((start + len(line) + 1, line[_whole_pieces(line) :]))
        else:
            entries.append((start + len(line) + 1, line))
        start += len(line) + 1
    entries += _pieces(rest, start)
    if final and rest:
        entries.append((start + len(rest), rest[_whole_pieces(rest) :]))
    return entries


def _pieces(line: bytes, offset: int) -> list[Entry]:
    """All of an over-long line but its last piece."""
    starts = range(0, _whole_pieces(line), LONGEST_LINE)
    return [(offset + at + LONGEST_LINE, line[at : at + LONGEST_LINE] + SPLIT_MARK) for at in starts]


def _whole_pieces(line: bytes) -> int:
    """How many bytes of `line` go into full pieces; something is always left for the last."""
    return max(0, len(line) - 1) // LONGEST_LINE * LONGEST_LINE


def _punch_hole(file: int, offset: int, length: int) -> None:
    """Free the blocks of a range. A refusal is not an error: the space comes back when the spool is emptied."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        fallocate = getattr(libc, "fallocate64", None) or libc.fallocate  # musl has one name, for 64 bit offsets
        fallocate(file, _PUNCH_HOLE_KEEP_SIZE, ctypes.c_int64(offset), ctypes.c_int64(length))
