"""Reading the journal files of one instance: forwards, backwards, and on past a rotation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from arena.telemetry.journal import KEEP, rotated

_BLOCK = 64 * 1024


class Chain:
    """The files of one journal as they are at this moment, opened: a later rotation does not disturb the reading."""

    def __init__(self, path: Path) -> None:
        self._files = _open_all(path)
        self._sizes = [os.fstat(file.fileno()).st_size for file in self._files]

    def entries(self) -> Iterator[bytes]:
        """Every entry, oldest first."""
        for file, size in zip(self._files, self._sizes, strict=True):
            file.seek(0)
            while file.tell() < size and (line := file.readline()).endswith(b"\n"):
                yield line[:-1]

    def entries_backwards(self) -> Iterator[bytes]:
        """Every entry, newest first."""
        for file, size in zip(reversed(self._files), reversed(self._sizes), strict=True):
            yield from _backwards(file, size)

    def cursor(self) -> Cursor:
        """A cursor just past the last entry seen here."""
        if not self._files:
            return Cursor()
        return Cursor(os.fstat(self._files[-1].fileno()).st_ino, self._sizes[-1])

    def close(self) -> None:
        for file in self._files:
            file.close()


class Cursor:
    """A place in a journal that keeps its meaning when the files are rotated: the file (by inode) and the offset in it."""

    def __init__(self, inode: int = 0, offset: int = 0) -> None:
        self._inode = inode
        self._offset = offset

    def advance(self, path: Path) -> list[bytes]:
        """The entries written since, oldest first."""
        if self._unchanged(path):
            return []
        files = _open_all(path)
        inodes = [os.fstat(file.fileno()).st_ino for file in files]
        start = inodes.index(self._inode) if self._inode in inodes else 0
        found: list[bytes] = []
        for file, inode in list(zip(files, inodes, strict=True))[start:]:
            found += self._read(file, inode)
        for file in files:
            file.close()
        return found

    def _unchanged(self, path: Path) -> bool:
        try:
            facts = path.stat()
        except FileNotFoundError:
            return True
        return facts.st_ino == self._inode and facts.st_size == self._offset

    def _read(self, file: BinaryIO, inode: int) -> list[bytes]:
        if inode != self._inode:
            self._inode, self._offset = inode, 0
        file.seek(self._offset)
        whole, newline, _ = file.read().rpartition(b"\n")  # the last entry may be half written
        self._offset += len(whole) + len(newline)
        return whole.split(b"\n") if newline else []


def _open_all(path: Path) -> list[BinaryIO]:
    """The existing files, oldest first. Looked at again until two looks agree, for a rotation may be under way."""
    while True:
        files = [file for number in range(KEEP, -1, -1) if (file := _open(rotated(path, number)))]
        inodes = [os.fstat(file.fileno()).st_ino for file in files]
        if inodes == _inodes(path):
            return files
        for file in files:
            file.close()


def _inodes(path: Path) -> list[int]:
    found = []
    for number in range(KEEP, -1, -1):
        try:
            found.append(rotated(path, number).stat().st_ino)
        except FileNotFoundError:
            continue
    return found


def _open(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _backwards(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The lines in the first `size` bytes, last first."""
    rest = b""
    position = size
    while position:
        start = max(0, position - _BLOCK)
        file.seek(start)
        rest, *lines = (file.read(position - start) + rest).split(b"\n")
        yield from (line for line in reversed(lines) if line)
        position = start
    if rest:
        yield rest
