"""Why a role may or may not send a request, for a person who asks: the gateway's decision, taken without a gateway."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from arena.errors import UsageError
from arena.model.project import Project
from arena.model.route import Route
from arena.policy.access import Access

_PLAIN = re.compile(r'/|(?:/[^\s/%?#;\\"<>^`{}]+)+/?')


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
    """What the gateway would say to a caller with these roles. Raises UsageError for a path that is not plain."""
    if not _PLAIN.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise UsageError(
            f"{path!r:.60} is not a plain path",
            hint="such as /ai_service/generate, without escapes, parameters or query",
        )
    route = find(project, method, path, host.lower())
    if route is None:
        return Explanation(False, "no route takes this request")
    if route.auth == "none":
        return Explanation(True, "the route is public", route.name, route.service)
    return _judge(Access(project.roles), route, frozenset(roles), method, path)


def find(project: Project, method: str, path: str, host: str) -> Route | None:
    """The route that takes the request, by the gateway's precedence: a host before none, then the longest prefix, then one
    that names the method before one that takes all."""
    routes = [route for service in project.services for route in service.routes if _covers(route.path, path)]
    for pool in ([r for r in routes if host and host in r.hosts], [r for r in routes if not r.hosts]):
        if pool:
            longest = max(len(route.path) for route in pool)
            same = sorted((r for r in pool if len(r.path) == longest), key=lambda r: not r.methods)
            return next((route for route in same if _takes(route, method)), None)
    return None


def _judge(access: Access, route: Route, roles: frozenset[str], method: str, path: str) -> Explanation:
    where = (route.name, route.service)
    held = access.closure(roles)
    if route.roles and held.isdisjoint(route.roles):
        return Explanation(False, f"the route needs the role {' or '.join(sorted(route.roles))}", *where)
    inner = path[len(route.path.rstrip("/")) :] or "/" if route.strip_path else path
    decision = access.decide(roles, route.service, method, inner)
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
