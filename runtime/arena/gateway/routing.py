"""Routes × Snapshot → Table: who answers a request, decided once per host and path.

Precedence: an exact host beats a wildcard (`*.example.org`, any depth), which beats no host; a longer wildcard beats
a shorter one. Within a host the longest path prefix wins, at a segment border. Only then is the method looked at:
when no route of that very prefix takes it the answer is 405, never a shorter prefix, so that a broad public route
cannot swallow what a narrow guarded one refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arena.gateway.cors import CorsRule, asked_method
from arena.gateway.pick import Pick
from arena.gateway.refusal import Content, Refusal, Reply
from arena.gateway.stats import RouteStats
from arena.gateway.target import Target
from arena.gateway.wire.path import BadPath, canonical, for_routing
from arena.model.resilience import Retries
from arena.model.route import Route
from arena.policy.retry import RetryBudget
from arena.telemetry.accesslog import quote

if TYPE_CHECKING:
    from arena.gateway.exchange import Exchange
    from arena.gateway.filters.transform import ReplyEdit
    from arena.gateway.rewrite import Rewriter

Verdict = Refusal | Reply | None
"""What a filter decides: an answer in place of the service's, or None to let pass."""
Filter = Callable[["Exchange"], Verdict | Awaitable[Verdict]]
Page = Callable[["Exchange"], Content | Refusal]

NO_ROUTE = ',"route":null,"service":null'
_KEEP_MATCHES = 4096
_LONGEST_KEPT = 512  # bytes of path; keeping longer ones would let strangers fill the memory
_NOT_STRIPPABLE = Refusal(400, "bad-request", "an encoded slash stands in the route's prefix or right behind it")
_NOT_FOUND = Refusal(404, "not-found", "no route matches this host and path; GET /services lists what is here")


@dataclass(slots=True)
class Service:
    """The live targets of one service, how to choose among them (None: the default), and its retry budget, which survives a
    swap."""

    name: str
    targets: tuple[Target, ...]
    budget: RetryBudget
    pick: Pick | None = None
    retries: Retries = Retries()


@dataclass(slots=True)
class CompiledRoute:
    """A route made ready: its filters in order, its counters, its limits (bytes, seconds), and what it makes of a
    reply's head and of a request's path, and what it tells browsers. `careful`: its attempts are watched from the first on."""

    route: Route
    service: Service
    filters: tuple[Filter, ...]
    stats: RouteStats
    body_limit: int
    first_byte: float
    edit_reply: ReplyEdit | None = None
    rewrite: Rewriter | None = None
    cors: CorsRule | None = None
    retries: Retries = Retries()
    careful: bool = False


@dataclass(slots=True)
class Match:
    """Who answers: a route, a page of the gateway's own, or a refusal. `path` is what the upstream is asked for,
    without the query; `log_part` is the middle of its access-log line; `forwarded_prefix` a header line
    saying what was stripped; `verdicts` remembers what sets of roles were told here.
    `otherwise`: `page` answers preflights alone, and this is for every other request."""

    log_part: str
    stats: RouteStats
    route: CompiledRoute | None = None
    page: Page | None = None
    refusal: Refusal | None = None
    path: bytes = b""
    forwarded_prefix: bytes = b""
    otherwise: Match | None = None
    verdicts: dict[frozenset[str], Refusal | None] | None = None


@dataclass(slots=True)
class _HostGroup:
    """The routes of one host pattern, by prefix, longest first."""

    prefixes: list[tuple[bytes, list[CompiledRoute]]] = field(default_factory=list)

    def find(self, path: bytes) -> tuple[bytes, list[CompiledRoute]] | None:
        for prefix, routes in self.prefixes:
            if path.startswith(prefix) and (len(path) == len(prefix) or path[len(prefix)] == 0x2F or not prefix):
                return prefix, routes
        return None


class Table:
    """Immutable once made; a swap replaces it whole. Its memory of matches is bounded."""

    def __init__(
        self, routes: list[CompiledRoute], pages: dict[bytes, Page], own: RouteStats, unmatched: RouteStats
    ) -> None:
        self.routes = tuple(routes)
        self._pages = pages
        self._own = own
        self._unmatched = unmatched
        self._exact: dict[bytes, _HostGroup] = {}
        self._wild: list[tuple[bytes, _HostGroup]] = []
        self._any = _HostGroup()
        self._matches: dict[tuple[bytes, bytes, bytes], Match] = {}
        self._group(routes)

    def match(self, method: bytes, hostname: bytes, path: bytes) -> Match:
        """Who answers `method` on `path` (no query) at `hostname` (lower case)."""
        key = (method, hostname, path)
        found = self._matches.get(key)
        if found is None:
            found = self._find(method, hostname, path)
            if len(path) <= _LONGEST_KEPT:
                if len(self._matches) >= _KEEP_MATCHES:
                    self._matches.clear()
                self._matches[key] = found
        return found

    def _find(self, method: bytes, hostname: bytes, raw: bytes) -> Match:
        asked = f'"method":"{method.decode()}","path":{quote(raw.decode("latin-1"))}'
        if raw == b"*":
            return self._refuse(asked, _NOT_FOUND)
        try:
            path = canonical(raw)
            routed = for_routing(path)
        except BadPath as error:
            return self._refuse(asked, Refusal(400, "bad-request", f"the path cannot be trusted: {error}"))
        page = self._pages.get(routed)
        if page is not None:
            return self._own_page(asked, method, page)
        for group in self._groups_of(hostname):
            found = group.find(routed)
            if found is not None:
                return self._route(asked, method, path, *found)
        return self._refuse(asked, _NOT_FOUND)

    def _own_page(self, asked: str, method: bytes, page: Page) -> Match:
        if method not in (b"GET", b"HEAD"):
            return self._refuse(asked, _not_allowed({"GET", "HEAD"}))
        return Match(asked + NO_ROUTE, self._own, page=page)

    def _route(self, asked: str, method: bytes, path: bytes, prefix: bytes, routes: list[CompiledRoute]) -> Match:
        if method == b"OPTIONS" and any(one.cors is not None for one in routes):
            first = next(one for one in routes if one.cors is not None)
            otherwise = self._chosen(asked, method, path, prefix, routes)
            part = f'{asked},"route":{quote(first.route.name)},"service":{quote(first.route.service)}'
            return Match(part, first.stats, page=_preflight(routes), otherwise=otherwise)
        return self._chosen(asked, method, path, prefix, routes)

    def _chosen(self, asked: str, method: bytes, path: bytes, prefix: bytes, routes: list[CompiledRoute]) -> Match:
        route = next((one for one in routes if _takes(one.route, method)), None)
        if route is None:
            return self._refuse(asked, _not_allowed({name for one in routes for name in one.route.methods}))
        log_part = f'{asked},"route":{quote(route.route.name)},"service":{quote(route.route.service)}'
        if route.rewrite is not None:
            try:
                return Match(log_part, route.stats, route=route, path=route.rewrite(path, prefix))
            except BadPath as error:
                return self._refuse(asked, Refusal(400, "bad-request", f"the path cannot be rewritten: {error}"))
        if not route.route.strip_path or not prefix:
            return Match(log_part, route.stats, route=route, path=path)
        stripped = path[len(prefix) :] or b"/"
        if not path.startswith(prefix) or stripped[:1] != b"/":
            return self._refuse(asked, _NOT_STRIPPABLE)
        return Match(
            log_part,
            route.stats,
            route=route,
            path=stripped,
            forwarded_prefix=b"x-forwarded-prefix: " + prefix + b"\r\n",
        )

    def _refuse(self, asked: str, refusal: Refusal) -> Match:
        return Match(asked + NO_ROUTE, self._unmatched, refusal=refusal)

    def _groups_of(self, hostname: bytes) -> list[_HostGroup]:
        groups = [self._exact[hostname]] if hostname in self._exact else []
        groups += [group for suffix, group in self._wild if hostname.endswith(suffix) and hostname != suffix[1:]]
        return [*groups, self._any]

    def _group(self, routes: list[CompiledRoute]) -> None:
        wild: dict[bytes, _HostGroup] = {}
        for route in routes:
            prefix = route.route.path.rstrip("/").encode()
            for host in route.route.hosts or ("",):
                name = host.lower().encode()
                if not name:
                    group = self._any
                elif name.startswith(b"*."):
                    group = wild.setdefault(name[1:], _HostGroup())
                else:
                    group = self._exact.setdefault(name, _HostGroup())
                _add(group, prefix, route)
        self._wild = sorted(wild.items(), key=lambda item: -len(item[0]))
        for group in (*self._exact.values(), *wild.values(), self._any):
            group.prefixes.sort(key=lambda item: -len(item[0]))


def _add(group: _HostGroup, prefix: bytes, route: CompiledRoute) -> None:
    for known, routes in group.prefixes:
        if known == prefix:
            # A route that names methods goes before one that takes all, whatever their order in the file.
            routes.append(route)
            routes.sort(key=lambda one: not one.route.methods)
            return
    group.prefixes.append((prefix, [route]))


def _preflight(routes: list[CompiledRoute]) -> Page:
    """Answers for the route that would take the method a preflight asks about."""

    def answer(x: Exchange) -> Content | Refusal:
        method = asked_method(x)
        taking = [one for one in routes if _takes(one.route, method)]
        rule = next((one.cors for one in taking[:1] or routes if one.cors is not None), None)
        return Refusal(403, "forbidden", "no page may call this method here (cors)") if rule is None else rule.answer(x)

    return answer


def _takes(route: Route, method: bytes) -> bool:
    if not route.methods:
        return True
    name = method.decode("latin-1")
    # RFC 9110 section 9.3.2: HEAD is GET without its body.
    return name in route.methods or (name == "HEAD" and "GET" in route.methods)


def _not_allowed(methods: set[str]) -> Refusal:
    allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    return Refusal(405, "method-not-allowed", f"this path takes {allowed}", headers=(b"allow: " + allowed.encode(),))
