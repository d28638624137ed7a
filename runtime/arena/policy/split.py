"""Which of several services a key belongs to, by weight: the same one everywhere and always, for as long as the weights stay.

Each service draws a number u in (0, 1) from a hash of the key and its own name, and scores -weight / ln(u); the highest score
wins. A score is then distributed so that a service of weight w wins with probability w / Σw, whatever the order of the list.
The u never change, so that a change of weights moves keys only towards services whose share grew, from services whose share
shrank; between two services exactly the difference moves (10 % → 20 %: those 10 % more, and nobody back). When a service
leaves, only its own keys go elsewhere.
Source: Schindelhauer and Schomaker, Weighted Distributed Hash Tables (SPAA 2005), the logarithmic method.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from math import inf, log

_SPAN = float(1 << 52)  # with half a step added, the largest number is still below 1


class Draw:
    """Divides keys among `weights` (name → weight, at least one above 0). `salt` makes the draws of two splits independent."""

    def __init__(self, salt: str, weights: dict[str, int]) -> None:
        self._salt = blake2b(_bytes(salt) + b"\0", digest_size=8)
        self._weights: Sequence[tuple[str, bytes, int]] = [
            (name, b"\0" + _bytes(name), weight) for name, weight in weights.items() if weight > 0
        ]
        if not self._weights:
            raise ValueError("every weight is 0: nobody would know where to go")

    def choose(self, key: str) -> str:
        """The name that `key` belongs to."""
        if len(self._weights) == 1:
            return self._weights[0][0]
        start = self._salt.copy()
        start.update(_bytes(key))
        best, chosen = -inf, ""
        for name, suffix, weight in self._weights:
            drawn = start.copy()
            drawn.update(suffix)
            score = weight / -log(_unit(drawn.digest()))
            if score > best or (score == best and name < chosen):
                best, chosen = score, name
        return chosen


def _unit(digest: bytes) -> float:
    """A number above 0 and below 1."""
    return ((int.from_bytes(digest, "big") >> 12) + 0.5) / _SPAN


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
