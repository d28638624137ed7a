"""GatewaySpec × Snapshot → Table. What must outlive a table (targets, meters, budgets) is kept here by key."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from arena.gateway.cache.route import Cache, Onward, RouteCache
from arena.gateway.filters.auth import Authenticator
from arena.gateway.filters.breaker import RouteBreaker
from arena.gateway.filters.chain import compile_chain
from arena.gateway.filters.fault import inject
from arena.gateway.filters.limit import Meter, admit
from arena.gateway.filters.mirror import Shadow, compile_mirror
from arena.gateway.filters.permission import bar
from arena.gateway.filters.split import check_split, compile_split
from arena.gateway.filters.tokens import book
from arena.gateway.filters.transform import Change, compile_transform
from arena.gateway.flow.fallback import compile_fallback
from arena.gateway.flow.hedge import compile_hedge
from arena.gateway.lists.chaos import Chaos
from arena.gateway.memory import Memory
from arena.gateway.stats import Stats
from arena.gateway.table.condition import compile_conditions
from arena.gateway.table.cors import CorsRule, without_the_services
from arena.gateway.table.gates import Gates
from arena.gateway.table.introduction import Introductions
from arena.gateway.table.roster import Roster
from arena.gateway.table.route import CompiledRoute, Filter, Page, Service
from arena.gateway.table.routing import Table
from arena.gateway.table.target import Target, TargetKey, key_of
from arena.model.breaker import BreakerOrder, BreakerPlace
from arena.model.gateway import GatewaySpec
from arena.model.route import RateLimit, Route
from arena.model.snapshot import Endpoint, Snapshot
from arena.model.traffic import Traffic
from arena.model.transform import BodyEdit
from arena.policy.access import Access
from arena.policy.order import in_force

if TYPE_CHECKING:
    from arena.gateway.store.store import Store

_PLAIN = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the routes of one table are compiled for."""

    spec: GatewaySpec
    services: dict[str, Service]
    authenticator: Authenticator
    access: Access


class Assembler:
    """Makes tables for one spec after another.

    Who of a service's endpoints gets traffic is for its `Roster`.
    """

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._targets: dict[TargetKey, Target] = {}
        self._meters: dict[tuple[str, RateLimit], Meter] = {}
        self._rosters: dict[str, Roster] = {}
        self._orders: tuple[BreakerOrder, ...] = ()
        self._guards: dict[str, RouteBreaker] = {}
        self._trip_ends = inf  # when the next one does, in Unix seconds
        self.gates = Gates()
        self.store: Store | None = None
        self.introductions: Introductions | None = None
        self.cache: Cache | None = None
        self.chaos = Chaos("")
        self.memory = Memory()
        self._admit: Callable[[Sequence[Meter]], Filter] = admit
        self._book: Callable[[Sequence[Meter]], Filter] = book
        self._own = stats.route("arena", "")
        self._unmatched = stats.route("", "")

    def use(self, spec: GatewaySpec) -> None:
        """Take over a spec. Raises ValueError for an impossible limit (of either kind), transformation, split or CORS rule;
        then nothing has changed."""
        for route in spec.routes:
            compile_transform(route.transform)
            if route.split is not None:
                check_split(route.split)
            if route.cors is not None:
                CorsRule(route.cors, route.methods)
        limits = {("", limit) for limit in spec.settings.rate_limits}
        limits |= {(route.name, limit) for route in spec.routes for limit in route.rate_limits}
        known = self._meters
        meters = {key: known.get(key) or Meter(*key, self._stats) for key in limits}
        self.gates.use(spec)
        self._meters = meters
        self._use_store(spec)
        self.memory.use(spec, self.store)

    def assemble(
        self, spec: GatewaySpec, snapshot: Snapshot, authenticator: Authenticator, pages: dict[bytes, Page]
    ) -> Table:
        """Compile the routes of `spec` (and the automatic ones) for the endpoints of `snapshot`."""
        snapshot = replace(snapshot, endpoints=tuple(filter(_is_usable, snapshot.endpoints)))
        rules = {name: traffic.part(spec.settings.workers) for name, traffic in spec.traffic.items()}
        self._follow(snapshot, rules)
        self._introduce(spec)
        self._follow_guards(spec.routes)
        self._mark_tripped(time.time())
        every_route = (*spec.routes, *_auto_routes(spec, snapshot))
        names = {e.service for e in snapshot.endpoints}
        names |= {name for route in every_route for name in (route.service, *route.asked, *_shadow(route))}
        names |= {route.fallback.service for route in spec.routes if route.fallback and route.fallback.service}
        services = self._serve(names, snapshot, rules)
        for name, service in services.items():
            service.gates = self.gates.at("service", name)
        scene = _Scene(spec, services, authenticator, Access(spec.roles))
        routes = [self._compile(route, scene) for route in every_route]
        return Table(routes, pages, self._own, self._unmatched)

    def _compile(self, route: Route, scene: _Scene) -> CompiledRoute:
        settings, services = scene.spec.settings, scene.services
        stats = self._stats.route(route.name, route.service)
        change = compile_transform(route.transform)
        cors = None if route.cors is None else CorsRule(route.cors, route.methods)
        edit = change.edit_reply if cors is None else without_the_services(change.edit_reply)
        onward = Onward(self.gates.at("route", route.name), self._guards.get(route.name))
        kept = self.memory.cached(route, scene.spec.routes, edit, onward)
        return CompiledRoute(
            route,
            services[route.service],
            ((cors.mark,) if cors is not None else ()) + self._filters(route, scene, change, kept),
            stats,
            settings.max_body_bytes if route.max_body_bytes is None else route.max_body_bytes,
            settings.timeouts.first_byte if route.first_byte_timeout is None else route.first_byte_timeout,
            kept.edit if isinstance(kept, RouteCache) else edit,
            change.rewrite,
            cors,
            route.retries,
            compile_fallback(route.fallback, services, scene.access),
            compile_hedge(route.hedge, stats),
            _is_careful(route, services),
            compile_conditions(route.match),
        )

    def _filters(
        self, route: Route, scene: _Scene, change: Change, kept: RouteCache | Filter | None
    ) -> tuple[Filter, ...]:
        """What a request goes through, in order: who asks and how often; whose it is; what may answer without the service;
        and what stands before the service itself."""
        services, keys = scene.services, self.memory.guard(route)
        chain = compile_chain(
            route,
            scene.spec.settings.rate_limits,
            scene.authenticator,
            self._meter,
            self._admit,
            access=scene.access,
            book=self._book,
        )
        # Only what goes on to a service takes places, of its route and of the service: they stand behind whatever may answer
        # without it, so that a kept reply is given while all are taken.
        places = self.gates.onward(route, [services[name] for name in route.asked])
        return (
            *chain,
            *self.gates.before(),
            *self._split(route, services),
            *keys,
            *(places if route.cache is None else ()),
            *change.filters,
            *(each.note for each in keys if route.transform.response_body != BodyEdit()),
            *((kept,) if kept is not None else ()),
            *(places if route.cache is not None else ()),
            *self._guard(route),
            *((inject(route.fault),) if route.fault is not None else ()),
            *self.chaos.filters(route.asked),
            *self._mirror(route, services, scene.access),
        )

    def _guard(self, route: Route) -> tuple[Filter, ...]:
        guard = self._guards.get(route.name)
        return () if guard is None else (guard,)

    def _split(self, route: Route, services: dict[str, Service]) -> tuple[Filter, ...]:
        if route.split is None:
            return ()
        return (compile_split(route.name, route.split, services, partial(self._stats.route, route.name)),)

    def _mirror(self, route: Route, services: dict[str, Service], access: Access) -> tuple[Filter, ...]:
        rule = route.mirror
        if rule is None:
            return ()
        name = rule.service
        asked, stats = self._stats.route(route.name, name), self._stats.mirror(route.name, name)
        return (compile_mirror(rule, Shadow(services[name], asked, stats), bar(access, name)),)

    @property
    def rosters(self) -> Collection[Roster]:
        """Every service, with its endpoints."""
        return self._rosters.values()

    @property
    def guards(self) -> Collection[RouteBreaker]:
        """The breakers of routes."""
        return self._guards.values()

    def obey(self, orders: tuple[BreakerOrder, ...], resets: Iterable[BreakerOrder] = ()) -> None:
        """Follow what people ordered, `resets` being news."""
        self._orders = orders
        self._mark_tripped(time.time())
        for guard in self._guards.values():
            if any(reset.place.covers(guard.place) for reset in resets):
                guard.breaker.reset()
        for roster in self._rosters.values():
            for reset in resets:
                roster.reset(reset)
            roster.reconsider(time.monotonic())

    def tend(self, now: float) -> None:
        """Let what moves between two swaps move; to be called a few times a second. `now` is monotonic seconds."""
        if self._trip_ends <= time.time():
            self.obey(self._orders)
        for roster in self._rosters.values():
            roster.tend(now)

    def _use_store(self, spec: GatewaySpec) -> None:
        """Count where `spec` says. A store that stays the same keeps its connection."""
        if self.store is not None and self.store.address != spec.store:
            self.store.close()
            self.store = None
        if spec.store is None:
            self._admit, self._book = admit, book
            return
        # Only now: this needs hiredis, which comes with the extra `state`.
        from arena.gateway.filters.limit_shared import admit_shared
        from arena.gateway.filters.tokens_shared import book_shared
        from arena.gateway.store.store import Store

        self.store = self.store or Store(spec.store)
        self._admit = partial(admit_shared, store=self.store, project=spec.project)
        self._book = partial(book_shared, store=self.store, project=spec.project)

    def _follow(self, snapshot: Snapshot, traffic: dict[str, Traffic]) -> None:
        """Keep the targets that stay, make those that are new, retire those that are gone."""
        present = {key_of(endpoint): endpoint for endpoint in snapshot.endpoints}
        for key in self._targets.keys() - present.keys():
            self._targets.pop(key).retire()
        for key, endpoint in present.items():
            rules = traffic.get(endpoint.service) or Traffic()
            target = self._targets.get(key)
            if target is None:
                self._targets[key] = Target(endpoint, rules)
            else:
                target.follow(endpoint, rules)

    def _follow_guards(self, routes: Iterable[Route]) -> None:
        """The breaker of a route stays as it is unless its rule is another one."""
        before, self._guards = self._guards, {}
        for route in routes:
            if route.breaker is not None:
                known = before.get(route.name)
                same = known is not None and known.breaker.rule == route.breaker and known.service == route.service
                self._guards[route.name] = (known if same else None) or RouteBreaker(
                    route.name, route.service, route.breaker
                )

    def _introduce(self, spec: GatewaySpec) -> None:
        """Tell services who asks."""
        introductions = self.introductions
        for target in self._targets.values():
            name = target.service
            target.introduce = (
                None if introductions is None else introductions.to(name, guarded=name in spec.guarded).introduce
            )

    def _mark_tripped(self, now: float) -> None:
        """Tell every target whether it is kept out; `now` in Unix seconds."""
        self._trip_ends = min((order.until for order in self._orders if order.until and order.until > now), default=inf)
        for target in self._targets.values():
            target.tripped_until = self._ordered(BreakerPlace(target.service, target.instance), now)
        for guard in self._guards.values():
            guard.tripped_until = self._ordered(guard.place, now)

    def _ordered(self, place: BreakerPlace, now: float) -> float:
        order = in_force(self._orders, place, now)
        return 0.0 if order is None else order.until or inf

    def _serve(self, names: set[str], snapshot: Snapshot, traffic: dict[str, Traffic]) -> dict[str, Service]:
        """The services of these names with their endpoints. Those that are there when we start are warm."""
        starting, now = not self._rosters, time.monotonic()
        endpoints: dict[str, list[Target]] = {name: [] for name in names}
        for endpoint in snapshot.endpoints:
            endpoints[endpoint.service].append(self._targets[key_of(endpoint)])
        known = self._rosters
        self._rosters = {name: known.get(name) or Roster(name) for name in names}
        return {
            name: roster.serve(endpoints[name], traffic.get(name) or Traffic(), now, warm=starting)
            for name, roster in self._rosters.items()
        }

    def _meter(self, scope: str, limit: RateLimit) -> Meter:
        return self._meters[scope, limit]


def _is_careful(route: Route, services: Mapping[str, Service]) -> bool:
    """Whether something must be remembered of each request, and not only of those that fail."""
    if (route.retries or route.timeout or route.fallback or route.hedge) is not None:
        return True
    rules = [services[name].retries for name in route.asked]
    return any(rule.statuses or rule.per_try_timeout is not None for rule in rules)


def _shadow(route: Route) -> tuple[str, ...]:
    return () if route.mirror is None else (route.mirror.service,)


def _is_usable(endpoint: Endpoint) -> bool:
    """False for what would break the head of a request or a log line; the registry refuses these, but a file may hold one."""
    address = endpoint.address
    return all(map(_PLAIN.fullmatch, (endpoint.service, endpoint.instance, address.authority + address.path)))


def _auto_routes(spec: GatewaySpec, snapshot: Snapshot) -> list[Route]:
    """`/<name>`, prefix stripped, for each service that registered without being declared."""
    if not spec.settings.auto_routes:
        return []
    known = {*spec.services, *(route.service for route in spec.routes)}
    names = sorted({endpoint.service for endpoint in snapshot.endpoints} - known)
    return [Route(f"auto-{name}", name, f"/{name}", strip_path=True) for name in names]
