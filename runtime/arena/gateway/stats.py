"""What is counted, and the Prometheus page made of it."""

from __future__ import annotations

from collections import Counter, defaultdict

from arena.model.route import RateLimit
from arena.policy.quantile import Quantile
from arena.telemetry.metrics import Histogram


class RouteStats:
    """Counters of one route, kept over swaps. `classes[n]` counts the replies of status n00 to n99.
    `usual` is how long the service takes to begin a reply, where a hedge asks."""

    __slots__ = ("classes", "latency", "limited", "route", "service", "usual")

    def __init__(self, route: str, service: str) -> None:
        self.route = route
        self.service = service
        self.classes = [0] * 6
        self.latency = Histogram()
        self.limited = 0
        self.usual: Quantile | None = None


class LimitStats:
    """`over` counts what a limit refused, or would have refused if it were enforced; `unchecked` the requests that the state
    store could not be asked about. `scope` is the route it belongs to, ''
    for the gateway's own; kept over swaps."""

    __slots__ = ("limit", "over", "scope", "unchecked")

    def __init__(self, scope: str, limit: RateLimit) -> None:
        self.scope = scope
        self.limit = limit
        self.over = 0
        self.unchecked = 0


class MirrorStats:
    """Copies of a route's requests for a service: those under way, and what became of the others: `sent` and answered,
    `failed`; or not made, because too many were under way (`in_flight`), the service's own limits were reached (`shadow_full`),
    the body was too long (`body_size`) or did not come
    whole (`incomplete`)."""

    __slots__ = ("in_flight", "results", "route", "service")

    def __init__(self, route: str, service: str) -> None:
        self.route = route
        self.service = service
        self.in_flight = 0
        self.results: Counter[str] = Counter()


class Stats:
    """Counters of the whole gateway. `breaker_refused` counts, by service, what no instance's breaker would admit, `full` what
    found every instance with as many connections as it may have; `fallbacks` by route and name, `faults` by route and kind,
    `hedges` by route and what became of them; `handshakes_failed`, by reason, the clients that TLS was not agreed with."""

    __slots__ = (
        "accepted",
        "breaker_refused",
        "fallbacks",
        "faults",
        "full",
        "handshakes_failed",
        "hedges",
        "in_flight",
        "limits",
        "mirrors",
        "outcomes",
        "retries",
        "routes",
        "swaps",
        "turned_away",
        "upstream_errors",
    )

    def __init__(self) -> None:
        self.accepted = 0
        self.turned_away = 0
        self.in_flight = 0
        self.retries = 0
        self.swaps = 0
        self.breaker_refused: Counter[str] = Counter()
        self.fallbacks: Counter[tuple[str, str]] = Counter()
        self.faults: Counter[tuple[str, str]] = Counter()
        self.full: Counter[str] = Counter()
        self.hedges: Counter[tuple[str, str]] = Counter()
        self.handshakes_failed: Counter[str] = Counter()
        self.outcomes: defaultdict[str, int] = defaultdict(int)
        self.upstream_errors: Counter[tuple[str, str]] = Counter()
        self.routes: dict[tuple[str, str], RouteStats] = {}
        self.limits: dict[tuple[str, str, bool], LimitStats] = {}
        self.mirrors: dict[tuple[str, str], MirrorStats] = {}

    def route(self, name: str, service: str) -> RouteStats:
        """The counters of a route, made at its first use."""
        key = (name, service)
        return self.routes.get(key) or self.routes.setdefault(key, RouteStats(name, service))

    def limit(self, scope: str, limit: RateLimit) -> LimitStats:
        """The counters of a limit, made at its first use."""
        key = (scope, limit.title, limit.enforce)
        return self.limits.get(key) or self.limits.setdefault(key, LimitStats(scope, limit))

    def mirror(self, route: str, service: str) -> MirrorStats:
        """The counters of a mirror, made at its first use."""
        key = (route, service)
        return self.mirrors.get(key) or self.mirrors.setdefault(key, MirrorStats(route, service))
