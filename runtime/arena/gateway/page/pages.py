"""What the gateway tells about itself: /health, /services, /breakers, /metrics, the purges of its cache, and the keys that
services verify its word with; answered on its own port, never proxied."""

from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange
from arena.gateway.filters.auth import Authenticator, require_roles
from arena.gateway.issuer import report
from arena.gateway.page import breakers, counters, insider
from arena.gateway.refusal import Content, Refusal
from arena.gateway.table.route import Page
from arena.model import codec
from arena.model.gateway import GatewaySpec
from arena.model.page import OPERATOR
from arena.model.snapshot import Endpoint
from arena.policy.access import Access
from arena.telemetry import metrics

if TYPE_CHECKING:
    from arena.auth.signing_key import PublicKey
    from arena.gateway.plane import Plane
    from arena.gateway.store.store import Store
    from arena.gateway.view import View

_operators_alone = require_roles((OPERATOR,))


class Pages:
    """The pages of one gateway. `authenticate` is the current spec's, for the one page that tells operators more."""

    def __init__(self, plane: Plane, view: View, authenticate: Authenticator) -> None:
        self._plane = plane
        self._view = view
        self._authenticate = authenticate

    def table(self) -> dict[bytes, Page]:
        """The pages by their paths."""
        return {
            b"/health": self.health,
            b"/services": self.services,
            b"/breakers": self.breakers,
            b"/metrics": self.metrics,
            b"/.well-known/arena-keys.json": self.keys,
            b"/.well-known/arena-cache.json": self.cache,
        }

    def health(self, x: Exchange) -> Content:
        """The gateway's own state: always 200 while it can answer, because a stale view or a service that is down is no
        reason to restart the gateway. `status` is ok, degraded (some service with a route has no live instance, the
        view is stale, the state store is down, an issuer's keys cannot be had, or the certificate files as they are now
        cannot be used) or draining. Who asks is not counted."""
        view, plane = self._view, self._plane
        services = self._service_health()
        asker = int(x.client.plane is plane)
        down = sorted(name for name in self._routed() if services[name] == "down")
        store = view.store
        issuers, tls = report.rows(view.access.sources), plane.tls
        degraded = bool(down) or view.stale or any(one["error"] for one in issuers)
        degraded = degraded or (tls is not None and bool(tls.problem)) or (store is not None and not store.up)
        body: dict[str, object] = {
            "status": "draining" if plane.draining else "degraded" if degraded else "ok",
            "project": view.spec.project,
            "worker": view.worker,
            "snapshot": {
                "version": view.snapshot.version,
                "epoch": view.snapshot.epoch,
                "age_seconds": _rounded(view.age()),
                "stale": view.stale,
                "source": view.source,
            },
            "services": {
                "up": sum(health != "down" for health in services.values()),
                "down": len(down),
                "names_down": down,
            },
            "requests_in_flight": plane.stats.in_flight - asker,
            "connections": len(plane.clients) - asker,
            "max_connections": plane.max_connections,
        }
        if issuers:
            body["issuers"] = issuers
        if tls is not None:
            body["tls"] = {"expires": tls.expires.isoformat(), **({"problem": tls.problem} if tls.problem else {})}
        if store is not None:
            body["store"] = _store(store, view.spec)
        return _json(body)

    def services(self, x: Exchange) -> Content | Refusal:
        """Names and health for everybody; instances and addresses for a caller with the operator role."""
        if x.head.authorization is not None:
            refusal = self._authenticate.at_once(x)
            if refusal is not None:
                return refusal
        open_book = self._is_operator(x)
        rows = []
        for name, health in sorted(self._service_health().items()):
            row: dict[str, object] = {"name": name, "health": health}
            if open_book:
                row["instances"] = [_instance_row(e) for e in self._view.snapshot.endpoints if e.service == name]
            rows.append(row)
        return _json({"services": rows, "stale": self._view.stale})

    def breakers(self, x: Exchange) -> Content | Refusal:
        """Each endpoint with its circuit breaker and its weight, and the breakers of routes, for callers with the operator
        role and the daemon. Every worker has breakers of its own; `obeyed` is the time of the last order it followed, in Unix
        seconds."""
        refusal = self._for_operators(x)
        if refusal is not None:
            return refusal
        rosters = self._view.rosters
        told: dict[str, object] = {
            "panic": breakers.panicking(rosters),
            "breakers": breakers.rows(rosters, monotonic()),
        }
        told["routes"] = breakers.route_rows(self._view.guards, monotonic())
        return _json({"worker": self._view.worker, "obeyed": self._view.orders.obeyed, **told})

    def cache(self, x: Exchange) -> Content | Refusal:
        """The routes that keep replies, and what this worker forgot because people said so, for callers with the operator role
        and the daemon: by the time of each order (Unix seconds), for ten minutes. `obeyed` is that of the newest; `problem`
        says why one is not carried out."""
        refusal = self._for_operators(x)
        if refusal is not None:
            return refusal
        view = self._view
        purges = view.purges
        return _json(
            {
                "worker": view.worker,
                "obeyed": purges.obeyed,
                "routes": [route.name for route in view.spec.routes if route.cache is not None],
                "forgot": [{"at": at, "count": count} for at, count in purges.forgot.items()],
                "problem": purges.problem,
            }
        )

    def metrics(self, _x: Exchange) -> Content:
        """Prometheus text format."""
        return Content(200, metrics.CONTENT_TYPE.encode(), counters.render(self._plane, self._view).encode())

    def keys(self, _x: Exchange) -> Content:
        """A JSON Web Key Set, for services that have no identity file because they run elsewhere."""
        keys = {"keys": codec.encode(self._public())}
        return Content(200, b"application/jwk-set+json", json.dumps(keys).encode() + b"\n")

    def _public(self) -> tuple[PublicKey, ...]:
        introductions = self._view.access.introductions
        return () if introductions is None else introductions.public

    def _for_operators(self, x: Exchange) -> Refusal | None:
        """None for the daemon and callers with the operator role."""
        if insider.asks(x, self._public()):
            return None
        refusal = self._authenticate.at_once(x)
        if refusal is not None or self._is_operator(x):
            return refusal
        return _operators_alone(x)

    def _is_operator(self, x: Exchange) -> bool:
        """Whether the caller has the role, itself or by inheritance."""
        return x.principal is not None and OPERATOR in Access(self._view.spec.roles).closure(x.principal.roles)

    def _routed(self) -> set[str]:
        """The services that some route leads to."""
        return {name for compiled in self._plane.table.routes for name in compiled.route.asked}

    def _service_health(self) -> dict[str, str]:
        """Of every service that is registered or has a route. `up`: a passing instance; `unknown`: none passes, and
        some have no check or were not probed yet; `down`: no instance to send to."""
        states: dict[str, set[str]] = {name: set() for name in self._routed()}
        for endpoint in self._view.snapshot.endpoints:
            states.setdefault(endpoint.service, set()).add(endpoint.health)
        return {
            name: "up" if "passing" in seen else "unknown" if "unknown" in seen else "down"
            for name, seen in states.items()
        }


def _store(store: Store, spec: GatewaySpec) -> dict[str, object]:
    """How the store is; while it is down, which limits let everything pass and which refuse everything."""
    told: dict[str, object] = {"up": store.up, "for_seconds": _rounded(monotonic() - store.changed_at)}
    if store.crowded:
        told["crowded"] = True
    if not store.up:
        limits = [*spec.settings.rate_limits, *(limit for route in spec.routes for limit in route.rate_limits)]
        told["error"] = store.error
        for key, rule in (("limits_not_enforced", "allow"), ("limits_refusing", "deny")):
            told[key] = sorted({one.title for one in limits if one.enforce and one.on_store_error == rule})
        guarded = [(route.name, route.idempotency.on_store_error) for route in spec.routes if route.idempotency]
        if spec.settings.cache.store == "state":
            told["cache_missing"] = sorted(route.name for route in spec.routes if route.cache)
        if guarded:
            told["idempotency_unprotected"] = sorted(name for name, rule in guarded if rule == "allow")
            told["idempotency_refusing"] = sorted(name for name, rule in guarded if rule == "deny")
    return told


def _instance_row(endpoint: Endpoint) -> dict[str, object]:
    return {
        "instance": endpoint.instance,
        "url": endpoint.address.url,
        "health": endpoint.health,
        "metadata": endpoint.metadata,
    }


def _rounded(seconds: float) -> float | None:
    return round(seconds, 3) if seconds != float("inf") else None


def _json(value: object) -> Content:
    return Content(200, b"application/json", json.dumps(value).encode() + b"\n")
