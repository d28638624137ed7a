"""Which endpoint gets the next request: the same one for the same key, whoever else comes or goes.

Each endpoint is given a number that is a hash of the key and its name; the highest wins. When one leaves, only its own
keys move, and they spread evenly over the others; every gateway decides alike without a word between them. It costs a
hash for each endpoint, which a ring of points would save from some dozens of them on.
Sources: Thaler and Ravishankar, Using Name-Based Mappings to Increase Hit Rates (IEEE/ACM ToN, 1998);
for weights, Schindelhauer and Schomaker, Weighted Distributed Hash Tables (SPAA 2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from math import log
from typing import Protocol, TypeVar

from arena.policy.balance import Loaded, able


class Named(Loaded, Protocol):
    """A candidate with a name that stays its own."""

    instance: str


class WeightedName(Named, Protocol):
    """A candidate with a name and a weight above 0."""

    weight: float


N = TypeVar("N", bound=Named)
V = TypeVar("V", bound=WeightedName)
_STEPS = 1 << 48  # as many ranks a float can tell apart


def choose_for(key: str, candidates: Sequence[N], now: float) -> N | None:
    """The one of `candidates` that `key` belongs to; of the resting only when all rest, None when no breaker admits."""
    some = able(candidates, now)
    if len(some) < 2:
        return some[0] if some else None
    start = _hash(key)
    return max(some, key=lambda one: _rank(start, one.instance))


def choose_for_by_weight(key: str, candidates: Sequence[V], now: float) -> V | None:
    """Like `choose_for`, with a share of the keys by weight; where all weights are equal, the same one."""
    some = able(candidates, now)
    if len(some) < 2:
        return some[0] if some else None
    start = _hash(key)
    return max(some, key=lambda one: _score(_rank(start, one.instance), one.weight))


def _hash(key: str) -> blake2b:
    return blake2b(key.encode("utf-8", "surrogateescape") + b"\0", digest_size=8)


def _score(rank: bytes, weight: float) -> float:
    """The logarithmic method: grows with the rank, and the highest of several falls to each by its weight."""
    return -weight / log((int.from_bytes(rank[:6]) + 0.5) / _STEPS)


def _rank(start: blake2b, name: str) -> bytes:
    ranked = start.copy()
    ranked.update(name.encode())
    return ranked.digest()
