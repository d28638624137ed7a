"""The first request a person should try, chosen from a project's routes."""

from __future__ import annotations

from dataclasses import dataclass

from arena.auth import permission
from arena.model.project import Project
from arena.model.route import Route

_GENERATE = {"prompt": "Explain the Arena architecture", "max_tokens": 100, "temperature": 0.7}


@dataclass(frozen=True, slots=True)
class Example:
    """A request through the gateway. `roles` is what its token needs; `public` routes need none. `host` is the name to ask for,
    "" where any will do."""

    method: str
    path: str
    body: dict[str, object] | None = None
    roles: tuple[str, ...] = ()
    public: bool = False
    host: str = ""


def first_request(project: Project) -> Example | None:
    """A generation if a service makes text, else the first route; None when nothing is routed."""
    routes = [(service, route) for service in project.services for route in service.routes]
    for service, route in routes:
        if _generates(service.name, service.metadata) and _allows(route, "POST"):
            return _example(project, route, "POST", route.path.rstrip("/") + "/generate", dict(_GENERATE))
    if not routes:
        return None
    route = routes[0][1]
    method = "GET" if _allows(route, "GET") else route.methods[0].upper()
    return _example(project, route, method, route.path, None)


def _example(project: Project, route: Route, method: str, path: str, body: dict[str, object] | None) -> Example:
    host = _host(route)
    roles = _roles(project, route, method, path, host)
    return Example(method, path, body, roles, public=route.auth == "none", host=host)


def _host(route: Route) -> str:
    """A name that the route answers to."""
    return route.hosts[0].replace("*", "www", 1) if route.hosts else ""


def _roles(project: Project, route: Route, method: str, path: str, host: str) -> tuple[str, ...]:
    """The fewest that may send the request, as far as any may."""
    needed = route.roles[:1]
    named = [(role.name,) for role in project.roles]
    for roles in (needed, *named, *((*needed, *one) for one in named)):
        if permission.explain(project, roles, method, path, host).allowed:
            return roles
    return needed


def _allows(route: Route, method: str) -> bool:
    return not route.methods or method in (word.upper() for word in route.methods)


def _generates(name: str, metadata: dict[str, str]) -> bool:
    return name == "ai_service" or "text_generation" in metadata.get("capabilities", "")
