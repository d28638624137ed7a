"""What was made of bytes that keep coming, in bounded memory.

Only what comes a second time is kept, because most traffic that never repeats would otherwise pay for being remembered and
thrown away. Source: the doorkeeper of Einziger, Friedman and Manes, TinyLFU (2017), as one table of hashes.
"""

from __future__ import annotations

from array import array
from typing import Generic, TypeVar

# Places for the hashes of what came once, a power of two: so many more than entries are kept that few share one. Two that
# come in turn would forever take it from each other.
_MARKS = 16_384

V = TypeVar("V")


class Recall(Generic[V]):
    """`known` maps bytes to what was made of them, for reading alone. It holds at most `most` entries, none for more than
    `longest` bytes, or strangers could fill the memory; when it is full it begins anew."""

    __slots__ = ("_longest", "_marks", "_most", "known")

    def __init__(self, most: int, longest: int) -> None:
        self.known: dict[bytes, V] = {}
        self._most = most
        self._longest = longest
        self._marks = array("q", bytes(8 * _MARKS))  # no object each: 128 kB, however much came

    def is_due(self, raw: bytes) -> bool:
        """Whether `raw`, which is not known, should be: it is not too long, and came before."""
        mark = hash(raw)
        place = mark & (_MARKS - 1)
        if self._marks[place] == mark:
            return len(raw) <= self._longest
        self._marks[place] = mark
        return False

    def keep(self, raw: bytes, value: V) -> None:
        """Know `raw` from now on."""
        if len(self.known) >= self._most:
            self.known.clear()
        self.known[raw] = value
