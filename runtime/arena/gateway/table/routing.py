"""Routes × Snapshot → Table: who answers a request, decided once per host and path.

Precedence: an exact host beats a wildcard (`*.example.org`, see `policy.host`), which beats no host; a longer wildcard
beats a shorter one. Within a host the longest path prefix wins, at a segment border. Only then is the method looked at:
when no route of that very prefix takes it the answer is 405, never a shorter prefix, so that a broad public route
cannot swallow what a narrow guarded one refused.

Conditions on headers, cookies and query (`match`) come between the two: a route whose conditions do not hold is as good as not
there, so that a prefix with no other route leaves the request to the next shorter one, or to the next host pattern. They
are the client's to meet or not, and therefore guard nothing. Of the routes of one prefix that hold and take the method, one
that names methods goes first, then the one with more conditions on headers and cookies, then with more on the query, then
the one that comes first in the file (the order of the Gateway API's HTTPRoute). What cannot be decided by host and path alone
is decided for each request, by a Match that chooses among others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from arena.gateway.refusal import Refusal
from arena.gateway.stats import RouteStats
from arena.gateway.table.cors import CorsRule, asked_method
from arena.gateway.table.match import NO_ROUTE, Match
from arena.gateway.table.route import CompiledRoute, Page
from arena.gateway.wire.head import RequestHead
from arena.policy.host import suffix
from arena.policy.path import BadPath, canonical, readings
from arena.telemetry.accesslog import quote

if TYPE_CHECKING:
    from arena.gateway.exchange import Exchange

_KEEP_MATCHES = 4096
_KEEP_WAYS = 1024
_LONGEST_KEPT = 512  # bytes of path; keeping longer ones would let strangers fill the memory
_NOT_STRIPPABLE = Refusal(400, "bad-request", "an encoded slash stands in the route's prefix or right behind it")
_NO_CORS = Refusal(403, "forbidden", "no page may call this method here (cors)")
_NOT_FOUND = Refusal(404, "not-found", "no route matches this host and path; GET /services lists what is here")


class _Stage:
    """A prefix, and the routes that stand there. `closed`: what leads here leads to no shorter prefix, because some route
    has no conditions; `plain`: none has any."""

    __slots__ = ("closed", "plain", "prefix", "routes")

    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix
        self.routes: list[CompiledRoute] = []
        self.closed = False
        self.plain = True

    def add(self, route: CompiledRoute) -> None:
        self.routes.append(route)
        self.routes.sort(key=_precedence)
        self.closed = self.closed or route.holds is None
        self.plain = self.plain and route.holds is None


class _HostGroup:
    """The routes of one host pattern, by prefix. A path is cut at its slashes, from the right: to find its prefixes takes as
    long in a long table as in a short one."""

    __slots__ = ("_longest", "_stages")

    def __init__(self) -> None:
        self._stages: dict[bytes, _Stage] = {}
        self._longest = (
            0  # of the prefixes: what is longer is not looked up, or a path of slashes alone would cost a lot
        )

    def add(self, prefix: bytes, route: CompiledRoute) -> None:
        stage = self._stages.get(prefix) or self._stages.setdefault(prefix, _Stage(prefix))
        stage.add(route)
        self._longest = max(self._longest, len(prefix))

    def find(self, path: bytes) -> Iterator[_Stage]:
        """Those whose prefix `path` has, at a segment border; the longest first."""
        end = len(path)
        while end >= 0:
            if end <= self._longest and (stage := self._stages.get(path[:end])) is not None:
                yield stage
            end = path.rfind(b"/", 0, min(end, self._longest + 1))


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
        self._wild: dict[bytes, _HostGroup] = {}  # by what the names end with, from the dot on
        self._any = _HostGroup()
        self._matches: dict[tuple[bytes, bytes, bytes], Match] = {}
        self._ways: dict[RequestHead, tuple[Match, bytes]] = {}
        self._group(routes)

    def way(self, head: RequestHead) -> tuple[Match, bytes]:
        """Who answers the request of `head`, and its query (with the question mark)."""
        way = self._ways.get(head)
        if way is None:
            path, mark, query = head.target.partition(b"?")
            way = self.match(head.method, head.hostname, path), mark + query
            if head.passed:  # a head that comes again
                if len(self._ways) >= _KEEP_WAYS:
                    self._ways.clear()
                self._ways[head] = way
        return way

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
        asked = b'"method":"%b","path":%b' % (method, quote(raw.decode("latin-1")))
        if raw == b"*":
            return self._refuse(asked, _NOT_FOUND)
        try:
            path = canonical(raw)
            first, *others = readings(path)
            stages = self._stages(hostname, first)
            if any(self._stages(hostname, other) != stages for other in others):
                raise BadPath("with and without its path parameters (;) it leads to two routes")
        except BadPath as error:
            return self._refuse(asked, Refusal(400, "bad-request", f"the path cannot be trusted: {error}"))
        page = self._pages.get(first)
        if page is not None:
            return self._own_page(asked, method, page)
        return self._route(asked, method, path, stages) if stages else self._refuse(asked, _NOT_FOUND)

    def _stages(self, hostname: bytes, path: bytes) -> list[_Stage]:
        """What may answer, of which only the last can have routes without conditions."""
        stages: list[_Stage] = []
        for group in self._groups_of(hostname):
            for stage in group.find(path):
                stages.append(stage)
                if stage.closed:
                    return stages
        return stages

    def _own_page(self, asked: bytes, method: bytes, page: Page) -> Match:
        if method not in (b"GET", b"HEAD"):
            return self._refuse(asked, _takes_only({"GET", "HEAD"}))
        # The gateway's own probe would drown the requests that people look for.
        return Match(asked + NO_ROUTE, self._own, page=page, quiet=True)

    def _route(self, asked: bytes, method: bytes, path: bytes, stages: list[_Stage]) -> Match:
        """`stages` are what may answer, of which only the last can have routes without conditions."""
        chosen = self._chosen(asked, method, path, stages)
        if method != b"OPTIONS":
            return chosen
        routes = [one for stage in stages for one in stage.routes]
        if all(one.cors is None for one in routes):
            return chosen
        preflight = _preflight(asked, routes)
        return Match(asked + NO_ROUTE, self._unmatched, choose=lambda x: preflight(x) if asked_method(x) else chosen)

    def _chosen(self, asked: bytes, method: bytes, path: bytes, stages: list[_Stage]) -> Match:
        first = stages[0]
        if first.plain:
            for route in first.routes:
                if route.takes(method):
                    return self._to(asked, path, first.prefix, route)
            return self._not_taken(asked, first.routes)
        # Every match is made now: the closure runs once per request.
        options = [
            [(one, self._to(asked, path, stage.prefix, one) if one.takes(method) else None) for one in stage.routes]
            for stage in stages
        ]
        nothing = self._refuse(asked, _NOT_FOUND)

        def choose(x: Exchange) -> Match:
            for routes in options:
                refusing = []
                for one, match in routes:
                    if one.holds is None or one.holds(x):
                        if match is not None:
                            return match
                        refusing.append(one)
                if refusing:
                    return self._not_taken(asked, refusing)
            return nothing

        return Match(asked + NO_ROUTE, self._unmatched, choose=choose)

    def _to(self, asked: bytes, path: bytes, prefix: bytes, route: CompiledRoute) -> Match:
        log_part = asked + route.log_part
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

    def _not_taken(self, asked: bytes, routes: list[CompiledRoute]) -> Match:
        """The refusal of a method that none of `routes` takes; a page that may call one of them may read it."""
        refusal = _not_allowed(routes)
        match = self._refuse(asked, refusal)
        rule = next((one.cors for one in routes if one.cors is not None), None)
        return match if rule is None else replace(match, page=_marked(rule, refusal))

    def _refuse(self, asked: bytes, refusal: Refusal) -> Match:
        return Match(asked + NO_ROUTE, self._unmatched, refusal=refusal)

    def _groups_of(self, hostname: bytes) -> list[_HostGroup]:
        groups = [self._exact[hostname]] if hostname in self._exact else []
        dot = hostname.find(b".", 1) if self._wild else -1
        while dot > 0:
            if (group := self._wild.get(hostname[dot:])) is not None:
                groups.append(group)
            dot = hostname.find(b".", dot + 1)
        return [*groups, self._any]

    def _group(self, routes: list[CompiledRoute]) -> None:
        for route in routes:
            prefix = route.route.path.rstrip("/").encode()
            for host in route.route.hosts or ("",):
                name = host.lower()
                if not name:
                    group = self._any
                elif end := suffix(name):
                    group = self._wild.setdefault(end.encode(), _HostGroup())
                else:
                    group = self._exact.setdefault(name.encode(), _HostGroup())
                group.add(prefix, route)


def _precedence(route: CompiledRoute) -> tuple[bool, int, int]:
    """Sorts the routes of one prefix; those that are equal stay in the order of the file."""
    sources = [condition.source for condition in route.route.match]
    queries = sources.count("query")
    return not route.route.methods, queries - len(sources), -queries


def _preflight(asked: bytes, routes: list[CompiledRoute]) -> Callable[[Exchange], Match]:
    """The match of a preflight: the route's that would take the method it asks about, counted and logged as that one's."""
    matches = [
        Match(asked + one.log_part, one.stats, page=None if one.cors is None else one.cors.answer, refusal=_NO_CORS)
        for one in routes
    ]

    def choose(x: Exchange) -> Match:
        method = asked_method(x)
        taking = [number for number, one in enumerate(routes) if one.takes(method)]
        # A preflight carries none of the headers it asks for, so that conditions on them cannot hold.
        holds = [number for number in taking if (test := routes[number].holds) is None or test(x)]
        # Where nobody takes the method, any rule says so: in the methods that it lists.
        others = [number for number, one in enumerate(routes) if one.cors is not None]
        return matches[(holds or taking or others)[0]]

    return choose


def _marked(rule: CorsRule, refusal: Refusal) -> Page:
    def answer(x: Exchange) -> Refusal:
        rule.mark(x)
        return refusal

    return answer


def _not_allowed(routes: list[CompiledRoute]) -> Refusal:
    return _takes_only({name for one in routes for name in one.route.methods})


def _takes_only(methods: set[str]) -> Refusal:
    allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    return Refusal(405, "method-not-allowed", f"this path takes {allowed}", headers=(b"allow: " + allowed.encode(),))
