"""What was purged lately, so that a reply which was on its way meanwhile is not kept."""

from __future__ import annotations

from collections import deque

from arena.gateway.cache.key import Way, route_of
from arena.model.cache import Purge
from arena.policy.cache.purge import MOST, Covers, covers


class Purged:
    """The newest purges."""

    __slots__ = ("_purges",)

    def __init__(self) -> None:
        self._purges: deque[tuple[float, Covers]] = deque(maxlen=MOST)

    def add(self, what: Purge, at: float) -> Covers:
        """Remember one, ordered at this moment (Unix seconds); what it is about."""
        check = covers(what)
        self._purges.append((at, check))
        return check

    def forbids(self, uri: bytes, way: Way, asked_at: float) -> bool:
        """Whether a reply that was asked for at this moment (Unix seconds) was purged since."""
        return any(asked_at <= at and check(uri, route_of(way)) for at, check in self._purges)
