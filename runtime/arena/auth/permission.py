"""Why a role may or may not send a request, for a person who asks: the gateway's decision, taken without a gateway."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from arena.errors import UsageError
from arena.model.project import Project
from arena.model.route import Route
from arena.policy.access import Access
from arena.policy.host import by_precedence
from arena.policy.path import BadPath, canonical, readings
from arena.policy.rewrite import compile_rewrite

_AS_IT_IS = "!$%&'()*+,-./:;<=>@[\\]^_`{|}~\""


@dataclass(frozen=True, slots=True)
class Explanation:
    """`route` and `service` are '' when no route takes the request; `role` and `rule` are what decided, if a rule did."""

    allowed: bool
    reason: str
    route: str = ""
    service: str = ""
    role: str = ""
    rule: str = ""


def explain(project: Project, roles: Iterable[str], method: str, path: str, host: str = "") -> Explanation:
    """What the gateway would say to a caller with these roles. A query is left out, and what is not ASCII is escaped, as
    clients do. Raises UsageError for what is no path."""
    if not path.startswith("/"):
        raise UsageError(f"{path!r:.60} is not a path", hint="such as /ai_service/generate")
    try:
        asked = canonical(quote(path.partition("?")[0], safe=_AS_IT_IS).encode())
        route, *others = (find(project, method, each.decode(), host.lower()) for each in readings(asked))
        if any(other is not route for other in others):
            raise BadPath("with and without its path parameters (;) it leads to two routes")
        if route is None:
            return Explanation(False, "no route takes this request")
        if route.auth == "none":
            return Explanation(True, "the route is public", route.name, route.service)
        return _judge(Access(project.roles), route, frozenset(roles), method, readings(_inner(route, asked)))
    except BadPath as error:
        return Explanation(False, f"the gateway refuses this path: {error}")


def find(project: Project, method: str, path: str, host: str) -> Route | None:
    """The route that takes the request, by the gateway's precedence: a host before a wildcard before none, then the longest
    prefix, then one that names the method before one that takes all. A route with conditions (`match`) is found only where no
    other is."""
    routes = [route for service in project.services for route in service.routes if _covers(route.path, path)]
    named = [[r for r in routes if one in r.hosts] for one in by_precedence((h for r in routes for h in r.hosts), host)]
    for pool in (*named, [r for r in routes if not r.hosts]):
        if pool:
            longest = max(len(route.path.rstrip("/")) for route in pool)
            same = [route for route in pool if len(route.path.rstrip("/")) == longest]
            same.sort(key=lambda r: (bool(r.match), not r.methods))
            return next((route for route in same if _takes(route, method)), None)
    return None


def _inner(route: Route, path: bytes) -> bytes:
    """What the service is asked for. Raises BadPath."""
    prefix = route.path.rstrip("/").encode()
    if route.transform.path is not None:
        return compile_rewrite(route.transform.path)(path, prefix)
    if not route.strip_path or not prefix:
        return path
    stripped = path[len(prefix) :] or b"/"
    if not path.startswith(prefix) or stripped[:1] != b"/":
        raise BadPath("an encoded slash stands in the route's prefix or right behind it")
    return stripped


def _judge(
    access: Access, route: Route, roles: frozenset[str], method: str, spellings: tuple[bytes, ...]
) -> Explanation:
    where = (route.name, route.service)
    held = access.closure(roles)
    if route.roles and held.isdisjoint(route.roles):
        return Explanation(False, f"the route needs the role {' or '.join(sorted(route.roles))}", *where)
    paths = [unquote_to_bytes(each).decode("utf-8", "surrogateescape") for each in spellings]
    decisions = [(access.decide(roles, route.service, method, each), each) for each in paths]
    # What speaks most against the request: a denial, then that no rule speaks of it.
    decision, inner = min(decisions, key=lambda each: (each[0].allowed, each[0].rule is None))
    if decision.rule is not None:
        verb = "allows" if decision.allowed else "denies"
        reason = f"the role {decision.role} {verb} {decision.rule}"
        return Explanation(decision.allowed, reason, *where, decision.role, str(decision.rule))
    if route.permissions:
        return Explanation(False, f"no rule allows {route.service}:{method}:{inner}", *where)
    needed = f"has the role {' or '.join(sorted(held & set(route.roles)))}" if route.roles else "is authenticated"
    return Explanation(True, f"the route asks for no permission, and the caller {needed}", *where)


def _covers(prefix: str, path: str) -> bool:
    prefix = prefix.rstrip("/")
    return path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/")


def _takes(route: Route, method: str) -> bool:
    return not route.methods or method in route.methods or (method == "HEAD" and "GET" in route.methods)
