"""Which endpoint gets the next request: the same one for the same key, whoever else comes or goes.

Each endpoint is given a number that is a hash of the key and its name; the highest wins. When one leaves, only its own
keys move, and they spread evenly over the others; every gateway decides alike without a word between them. It costs a
hash for each endpoint, which a ring of points would save from some dozens of them on.
Source: Thaler and Ravishankar, Using Name-Based Mappings to Increase Hit Rates (IEEE/ACM ToN, 1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Protocol, TypeVar

from arena.policy.balance import Loaded, is_admitting, is_awake


class Named(Loaded, Protocol):
    """A candidate with a name that stays its own."""

    instance: str


N = TypeVar("N", bound=Named)


def choose_for(key: str, candidates: Sequence[N], now: float) -> N | None:
    """The one of `candidates` that `key` belongs to; of the resting only when all rest, None when no breaker admits."""
    able = [one for one in candidates if is_awake(one, now)] or [one for one in candidates if is_admitting(one, now)]
    if len(able) < 2:
        return able[0] if able else None
    start = blake2b(key.encode("utf-8", "surrogateescape") + b"\0", digest_size=8)
    return max(able, key=lambda one: _rank(start, one.instance))


def _rank(start: blake2b, name: str) -> bytes:
    ranked = start.copy()
    ranked.update(name.encode())
    return ranked.digest()
