"""What is counted about kept replies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from arena.telemetry.metrics import Page

Result = Literal[
    "hit",  # given fresh
    "stale",  # given stale, while it is asked about or because the service failed
    "revalidated",  # the service said that it still holds
    "collapsed",  # another's reply, which was waited for
    "miss",  # the service was asked
    "bypass",  # not the cache's business
]


class CacheStats:
    """`results` counts requests by route and result, `stored` replies that were kept, by route, `purged` those that a person
    had forgotten."""

    __slots__ = ("purged", "results", "stored")

    def __init__(self) -> None:
        self.results: Counter[tuple[str, Result]] = Counter()
        self.stored: Counter[str] = Counter()
        self.purged = 0

    def write(self, page: Page, size: int, evicted: int) -> None:
        """Add the families to a metrics page; nothing while no route has a cache."""
        if not self.results:
            return
        page.counter(
            "arena_gateway_cache_requests_total",
            "Requests on routes with a cache, by what became of them there.",
            [({"route": route, "result": result}, n) for (route, result), n in self.results.items()],
        )
        page.counter("arena_gateway_cache_stored_total", "Replies that were kept.", self._stored())
        page.gauge("arena_gateway_cache_bytes", "What is kept in this process, in bytes.", [({}, size)])
        page.counter("arena_gateway_cache_purged_total", "Replies that a person had forgotten.", [({}, self.purged)])
        page.counter("arena_gateway_cache_evicted_total", "Replies that went for want of room.", [({}, evicted)])

    def _stored(self) -> Iterable[tuple[dict[str, str], float]]:
        return [({"route": route}, n) for route, n in self.stored.items()]
