"""Which route of a project takes a request, as the gateway finds it: `gateway.table.routing` has the precedence and its
reasons.

Whether the conditions of a route (`match`) hold is the client's to decide. Such a route is found only where no other is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from arena.model.project import Project
from arena.model.route import Route
from arena.policy.host import by_precedence

Stage = tuple[Route, ...]
"""The routes that stand at one prefix, in the order in which they are asked."""

_SERVICE = re.compile(r"/([A-Za-z0-9][A-Za-z0-9_.-]{0,62})(?:/|$)", re.ASCII)


def stages(routes: Iterable[Route], host: str, path: str) -> list[Stage]:
    """What may answer, the most specific first; only the last has routes without conditions. `path` is canonical."""
    found: list[Stage] = []
    fitting = [route for route in routes if _covers(route.path, path)]
    named = {name for route in fitting for name in _hosts(route)} - {""}
    for pattern in (*by_precedence(named, host.lower()), ""):
        there = [route for route in fitting if pattern in _hosts(route)]
        for prefix in sorted({_prefix(route) for route in there}, key=len, reverse=True):
            stage = tuple(sorted((r for r in there if _prefix(r) == prefix), key=lambda route: not route.methods))
            found.append(stage)
            if not all(route.match for route in stage):
                return found
    return found


def choose(found: Sequence[Stage], method: str) -> Route | None:
    """The route of these stages that takes the method."""
    every = [route for stage in found for route in stage if takes(route, method)]
    return min(every, key=lambda route: bool(route.match), default=None)


def takes(route: Route, method: str) -> bool:
    """Whether the route is for this method."""
    # RFC 9110 section 9.3.2: HEAD is GET without its body.
    return not route.methods or method in route.methods or (method == "HEAD" and "GET" in route.methods)


def automatic(project: Project, paths: Iterable[str]) -> list[Route]:
    """The routes that lead there as soon as services register themselves that arena.yaml does not name."""
    if not project.gateway.auto_routes:
        return []
    names = {found[1] for path in paths if (found := _SERVICE.match(path))}
    names -= {service.name for service in project.services}
    return [Route(f"auto-{name}", name, f"/{name}", strip_path=True) for name in sorted(names)]


def _hosts(route: Route) -> tuple[str, ...]:
    return tuple(name.lower() for name in route.hosts) or ("",)


def _prefix(route: Route) -> str:
    return route.path.rstrip("/")


def _covers(prefix: str, path: str) -> bool:
    prefix = prefix.rstrip("/")
    return path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/")
