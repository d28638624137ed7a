"""One route's requests, divided among versions of a service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A service and its weight among the others; nobody goes to one of weight 0."""

    service: str
    weight: int


@dataclass(frozen=True, slots=True)
class Split:
    """`by` is what sticks to one service: "principal", "ip", "header:<name>" (in lower case) or "cookie:<name>"; a caller
    without it is told apart by address."""

    parts: tuple[Part, ...]
    by: str = "principal"
