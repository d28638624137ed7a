"""GatewaySpec × Snapshot → Table. What must outlive a table (targets, meters, budgets) is kept here by key."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from arena.auth.jwt import Verifier
from arena.gateway.cors import CorsRule, without_the_services
from arena.gateway.filters.auth import Authenticator
from arena.gateway.filters.chain import compile_chain
from arena.gateway.filters.limit import Meter, admit
from arena.gateway.filters.transform import compile_transform
from arena.gateway.pick import Pick, picker
from arena.gateway.routing import CompiledRoute, Filter, Page, Service, Table
from arena.gateway.stats import Stats
from arena.gateway.target import Target, TargetKey, key_of
from arena.model.gateway import GatewaySpec
from arena.model.route import RateLimit, Route
from arena.model.snapshot import Endpoint, Snapshot
from arena.model.traffic import Traffic
from arena.policy.access import Access
from arena.policy.retry import RetryBudget

if TYPE_CHECKING:
    from arena.gateway.store.store import Store

_PLAIN = re.compile(r"[!-~]+")


class Assembler:
    """Makes tables for one spec after another.

    Endpoints that are `failing` get no traffic. `unknown` ones (registered, never probed yet) are used only while their
    service has no `passing` one.
    """

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._targets: dict[TargetKey, Target] = {}
        self._meters: dict[tuple[str, RateLimit], Meter] = {}
        self._budgets: dict[str, RetryBudget] = {}
        self._picks: dict[str, tuple[Traffic, Pick | None]] = {}
        self.store: Store | None = None
        self._admit: Callable[[Sequence[Meter]], Filter] = admit
        self._own = stats.route("arena", "")
        self._unmatched = stats.route("", "")

    def use(self, spec: GatewaySpec) -> Authenticator:
        """Take over a spec and return its authenticator. Raises ArenaError (ConfigError) for a weak secret,
        ValueError for an impossible limit, transformation or CORS rule; then nothing has changed."""
        for route in spec.routes:
            compile_transform(route.transform)
            if route.cors is not None:
                CorsRule(route.cors, route.methods)
        authenticator = Authenticator(Verifier(spec.settings.jwt), spec.settings.jwt.leeway, time.time)
        limits = {("", limit) for limit in spec.settings.rate_limits}
        limits |= {(route.name, limit) for route in spec.routes for limit in route.rate_limits}
        known = self._meters
        self._meters = {key: known.get(key) or Meter(*key, self._stats) for key in limits}
        self._use_store(spec)
        return authenticator

    def assemble(
        self, spec: GatewaySpec, snapshot: Snapshot, authenticator: Authenticator, pages: dict[bytes, Page]
    ) -> Table:
        """Compile the routes of `spec` (and the automatic ones) for the endpoints of `snapshot`."""
        snapshot = replace(snapshot, endpoints=tuple(filter(_is_usable, snapshot.endpoints)))
        rules = spec.traffic
        self._follow(snapshot, rules)
        services = {
            name: self._service(name, snapshot, rules.get(name) or Traffic())
            for name in {e.service for e in snapshot.endpoints}
        }
        access = Access(spec.roles)
        routes = []
        for route in (*spec.routes, *_auto_routes(spec, snapshot)):
            service = services.get(route.service) or self._service(
                route.service, snapshot, rules.get(route.service) or Traffic()
            )
            change = compile_transform(route.transform)
            cors = None if route.cors is None else CorsRule(route.cors, route.methods)
            settings = spec.settings
            routes.append(
                CompiledRoute(
                    route,
                    service,
                    (
                        *((cors.mark,) if cors is not None else ()),
                        *compile_chain(
                            route, settings.rate_limits, authenticator, self._meter, self._admit, access=access
                        ),
                        *change.filters,
                    ),
                    self._stats.route(route.name, route.service),
                    settings.max_body_bytes if route.max_body_bytes is None else route.max_body_bytes,
                    settings.timeouts.first_byte if route.first_byte_timeout is None else route.first_byte_timeout,
                    change.edit_reply if cors is None else without_the_services(change.edit_reply),
                    change.rewrite,
                    cors,
                )
            )
        return Table(routes, pages, self._own, self._unmatched)

    @property
    def targets(self) -> Iterable[Target]:
        """Every endpoint of the present snapshot."""
        return self._targets.values()

    def _use_store(self, spec: GatewaySpec) -> None:
        """Count where `spec` says. A store that stays the same keeps its connection."""
        if self.store is not None and self.store.address != spec.store:
            self.store.close()
            self.store = None
        if spec.store is None:
            self._admit = admit
            return
        # Only now: this needs hiredis, which comes with the extra `state`.
        from arena.gateway.filters.limit_shared import admit_shared
        from arena.gateway.store.store import Store

        self.store = self.store or Store(spec.store)
        self._admit = partial(admit_shared, store=self.store, project=spec.project)

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

    def _service(self, name: str, snapshot: Snapshot, traffic: Traffic) -> Service:
        targets = [self._targets[key_of(endpoint)] for endpoint in snapshot.endpoints if endpoint.service == name]
        live = [target for target in targets if target.health == "passing"]
        live = live or [target for target in targets if target.health == "unknown"]
        budget = self._budgets.setdefault(name, RetryBudget())
        return Service(name, tuple(live), budget, self._picker(name, traffic))

    def _picker(self, name: str, traffic: Traffic) -> Pick | None:
        """The one that is in use already unless its rules changed: it may know whose turn it is."""
        known = self._picks.get(name)
        if known is None or known[0] != traffic:
            known = self._picks[name] = (traffic, picker(traffic))
        return known[1]

    def _meter(self, scope: str, limit: RateLimit) -> Meter:
        return self._meters[scope, limit]


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
