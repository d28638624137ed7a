"""What is remembered of one key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol

from arena.gateway.refusal import Reply

DIGEST_BYTES = 32
_UNDER_WAY, _DONE, _NO_REPLY = b"U", b"D", b"L"


class Unable(Exception):
    """Nothing can be remembered now: the store is down, or there is no room."""


class Full(Unable):
    """There is no room."""

    def __init__(self) -> None:
        super().__init__("there is no more room for idempotency keys")


@dataclass(frozen=True, slots=True)
class Record:
    """`fingerprint` is of the first request with the key. `done`: it was carried out; then `reply` is None only if it was too
    long to be kept, broke off, or never came."""

    fingerprint: bytes
    done: bool = False
    reply: Reply | None = None

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        return 512 if self.reply is None else 512 + len(self.reply.body) + sum(map(len, self.reply.fields))


@dataclass(frozen=True, slots=True)
class Terms:
    """How a record is kept: for `ttl` seconds. `once`: if whoever claimed it is gone, nobody carries it out again. `known`: its
    caller is authenticated; strangers have less room."""

    ttl: float
    once: bool = True
    known: bool = True


class Ledger(Protocol):
    """Records by name. Everything raises Unable."""

    async def claim(self, name: str, record: Record, terms: Terms) -> Record | None:
        """Put `record` there; or return the one that is there already, and change nothing."""
        ...

    async def settle(self, name: str, record: Record, terms: Terms) -> None:
        """Replace what was claimed by the outcome; without its reply where there is no room for that."""

    async def release(self, name: str) -> None:
        """Forget what was claimed."""


def encode(record: Record) -> bytes:
    """The record as bytes."""
    if record.reply is None:
        return (_NO_REPLY if record.done else _UNDER_WAY) + record.fingerprint
    reply = record.reply
    head = json.dumps([reply.status, [line.decode("latin-1") for line in reply.fields]]).encode()
    return _DONE + record.fingerprint + head + b"\n" + reply.body


def decode(data: bytes) -> Record:
    """What `encode` made bytes of. Raises ValueError for anything else."""
    kind, print_, rest = data[:1], data[1 : 1 + DIGEST_BYTES], data[1 + DIGEST_BYTES :]
    if len(print_) != DIGEST_BYTES or kind not in (_UNDER_WAY, _DONE, _NO_REPLY):
        raise ValueError("no record")
    if kind != _DONE:
        return Record(print_, done=kind == _NO_REPLY)
    head, _, body = rest.partition(b"\n")
    status, lines = json.loads(head)
    return Record(print_, True, Reply(int(status), tuple(line.encode("latin-1") for line in lines), body))
