"""A reply that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate

from arena.policy.cache.reply import Facts, facts

OVERHEAD = 512
"""Bytes that a kept reply costs beyond what it says, roughly."""
_LINE_COST = 40


@dataclass(frozen=True, slots=True)
class Kept:
    """The reply as the service gave it: `lines` are its end-to-end header lines without Content-Length, and `body` is whole.
    It was asked for and came at these moments (Unix seconds). `shared`: it is for everybody, not for one caller alone."""

    status: int
    lines: tuple[bytes, ...]
    body: bytes
    asked_at: float
    came_at: float
    shared: bool

    @property
    def facts(self) -> Facts:
        """What it says about its keeping."""
        return facts(self.status, self.lines)

    @property
    def size(self) -> int:
        """What it costs to keep, in bytes."""
        return OVERHEAD + len(self.body) + sum(len(line) + _LINE_COST for line in self.lines)


def lines_to_keep(fields: list[bytes], came_at: float) -> tuple[bytes, ...]:
    """The header lines of a reply that came at this moment: without its length, and with a Date if it had none (RFC 9110
    section 6.6.1)."""
    names = [line.partition(b":")[0].lower() for line in fields]
    lines = [line for line, name in zip(fields, names, strict=True) if name and name != b"content-length"]
    if b"date" not in names:
        lines.append(b"date: " + formatdate(int(came_at), usegmt=True).encode())
    return tuple(lines)


def lines_to_give(kept: Kept, age: float) -> list[bytes]:
    """Its header lines when it is given at this age, in seconds."""
    lines = [line for line in kept.lines if line[:4].lower() != b"age:"]
    lines.append(b"age: %d" % age)
    return lines
