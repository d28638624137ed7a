"""What the gateway remembers for the routes that ask for it: kept replies, and requests with an idempotency key. It
outlives the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena.gateway.cache.route import Cache, Onward, RouteCache, invalidator
from arena.gateway.cache.shelf import Shelf
from arena.gateway.idempotency.guard import Guard, Idempotency
from arena.gateway.idempotency.memory import MemoryLedger
from arena.gateway.table.route import Filter
from arena.model.cache import Purge
from arena.model.gateway import GatewaySpec
from arena.model.route import Route
from arena.policy.host import meet
from arena.telemetry import metrics

if TYPE_CHECKING:
    from arena.gateway.cache.shared import SharedShelf
    from arena.gateway.filters.transform import ReplyEdit
    from arena.gateway.store.store import Store


class Memory:
    """`cache` and `idempotency` are None while no route has the like."""

    def __init__(self) -> None:
        self.cache: Cache | None = None
        self.idempotency: Idempotency | None = None
        self._store: Store | None = None
        self._cache_store: Store | None = None

    def use(self, spec: GatewaySpec, store: Store | None) -> None:
        """Take over a spec. What is remembered stays as long as some route asks for it, and `store` is the same."""
        self._use_cache(spec, store)
        if all(route.idempotency is None for route in spec.routes):
            self.idempotency = None
        elif self.idempotency is None or self._store is not store:
            self.idempotency = Idempotency(MemoryLedger()) if store is None else _shared(store, spec.project)
        self._store = store

    def guard(self, route: Route) -> tuple[Guard, ...]:
        """The filter for the idempotency keys of `route`."""
        if route.idempotency is None or self.idempotency is None:
            return ()
        return (Guard(route.idempotency, route.name, self.idempotency),)

    def cached(
        self, route: Route, routes: Sequence[Route], edit: ReplyEdit | None, onward: Onward
    ) -> RouteCache | Filter | None:
        """The cache of `route`, before what stands `onward`; for one without, what hears of changes to the URIs that another
        one keeps."""
        if self.cache is None:
            return None
        if route.cache is not None:
            return RouteCache(route, route.cache, self.cache, edit, onward)
        if any(other.cache is not None and _meet(route, other) for other in routes):
            return invalidator(self.cache)
        return None

    async def purge(self, what: Purge, at: float) -> int | None:
        """Forget the kept replies that `what` is about, asked for until `at` (Unix seconds). How many went; None when
        that is to be tried again."""
        return 0 if self.cache is None else await self.cache.purge(what, at)

    def write(self, page: metrics.Page) -> None:
        """Add what is counted to a metrics page."""
        if self.cache is not None:
            self.cache.stats.write(page, self.cache.store.size, self.cache.store.evicted)
        if self.idempotency is not None:
            page.counter(
                "arena_gateway_idempotency_total",
                "Requests with an idempotency key, by what became of them.",
                [({"route": route, "result": result}, n) for (route, result), n in self.idempotency.results.items()],
            )

    def _use_cache(self, spec: GatewaySpec, store: Store | None) -> None:
        if all(route.cache is None for route in spec.routes):
            self.cache = None
            return
        room = spec.settings.cache.max_bytes
        where = store if spec.settings.cache.store == "state" else None
        if self.cache is None or self._cache_store is not where:
            self.cache = Cache(Shelf(room) if where is None else _shared_shelf(where, spec.project, room))
            self._cache_store = where
        self.cache.store.max_bytes = room
        self.cache.store.trim()


def _shared(store: Store, project: str) -> Idempotency:
    # Only now: this needs hiredis, which comes with the extra `state`.
    from arena.gateway.idempotency.shared import SharedLedger

    return Idempotency(SharedLedger(store, project))


def _shared_shelf(store: Store, project: str, room: int) -> SharedShelf:
    from arena.gateway.cache.shared import SharedShelf

    return SharedShelf(store, project, room)


def _meet(one: Route, other: Route) -> bool:
    """Whether the two may take requests to the same URI: of different methods, or with different headers, so that one of them
    may stand below the other, or at fewer hosts."""
    if not one.match and not other.match:
        return one.path == other.path and (one.hosts == other.hosts or not {*one.hosts}.isdisjoint(other.hosts))
    hosts = not one.hosts or not other.hosts or any(meet(here, there) for here in one.hosts for there in other.hosts)
    return hosts and (_is_below(one.path, other.path) or _is_below(other.path, one.path))


def _is_below(path: str, other: str) -> bool:
    return f"{path.rstrip('/')}/".startswith(f"{other.rstrip('/')}/")
