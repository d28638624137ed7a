"""What no single key can tell: names, references between services, ports and routes that collide."""

from __future__ import annotations

import re
from collections.abc import Iterator

from arena.config import resilience
from arena.config.context import Reading
from arena.config.suggest import suggest
from arena.config.tree import Path
from arena.model.page import PAGES
from arena.model.project import Project
from arena.model.route import RateLimit, Route
from arena.model.service import Dependency, Service

SERVICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
RESERVED = ("gateway", "registry", "state")
_TELLING = ("path", "hosts", "methods", "match", "name")


def check(reading: Reading, project: Project) -> None:
    """Report every collision and every reference that leads nowhere."""
    check_names(reading)
    check_ports(reading, project)
    for service in project.services:
        for dependency in service.depends_on:
            check_dependency(reading, project, service, dependency)
        check_callers(reading, project, service)
    check_cycles(reading, project)
    check_routes(reading, project)
    resilience.check(reading, project)


def check_names(reading: Reading) -> None:
    """Names appear in paths, files and instance names; the components' own are taken."""
    for name in reading.document.services:
        path = ("services", name)
        if name in RESERVED:
            reading.problem(path, f"{name!r} is the name of one of Arena's own components", "choose another", key=True)
        elif not SERVICE_NAME.fullmatch(name):
            message = "is not a name for a service"
            reading.problem(path, message, "use up to 63 letters, digits, dots, dashes, underscores", key=True)


def check_ports(reading: Reading, project: Project) -> None:
    """No two things that start here may listen on one fixed port."""
    claims: list[tuple[str, Path, int]] = [
        ("gateway", ("gateway", "port"), project.gateway.port),
        ("registry", ("registry", "port"), project.registry.port),
    ]
    for service in project.services:
        if service.port is not None:
            claims.append((service.name, ("services", service.name, "ports"), service.port))
    owners: dict[int, str] = {}
    for owner, path, port in claims:
        first = owners.setdefault(port, owner)
        if first != owner:
            reading.problem(path, f"port {port} is wanted by both {first} and {owner}", "give one of them another port")


def check_dependency(reading: Reading, project: Project, service: Service, dependency: Dependency) -> None:
    """The service waited for must exist, be active, and be able to reach the condition."""
    other = dependency.service
    path = ("services", service.name, "depends_on", other)
    target = project.service(other)
    if target is None:
        _missing(reading, path, other, service)
    elif dependency.condition == "service_healthy" and target.probe is None:
        if reading.checked.is_sound(("services", other)):
            reading.problem(path, f"waits for {other} to be healthy, but it has no healthcheck", f"add one to {other}")
    elif dependency.condition == "service_completed_successfully":
        _never_completes(reading, path, target)


def _missing(reading: Reading, path: Path, other: str, service: Service) -> None:
    known = reading.document.services
    if other in known:
        profiles = ", ".join(known[other].profiles)
        message = f"needs {other}, which is not active: its profiles are {profiles}"
        reading.problem(
            path, message, f"add --profile {known[other].profiles[0]}, or give {service.name} the same profiles"
        )
    elif other in RESERVED:
        reading.problem(path, f"{other} is Arena's own and always starts first", "remove it")
    else:
        reading.problem(path, f"there is no service {other!r}", suggest(other, known.keys() - {service.name}))


def _never_completes(reading: Reading, path: Path, target: Service) -> None:
    if target.external:
        reading.problem(path, f"waits for {target.name} to complete, but it runs elsewhere", "use service_healthy")
    elif target.restart.when == "always":
        message = f"waits for {target.name} to complete, but it is always restarted"
        reading.problem(path, message, f'give {target.name} restart: "no" or on-failure')


def check_callers(reading: Reading, project: Project, service: Service) -> None:
    """Who may call a service must exist, and be started by us: nobody else is given a token. One of another profile is not
    there today."""
    known = reading.document.services
    for index, name in enumerate(service.allow_from or ()):
        path = ("services", service.name, "allow_from", index)
        caller = project.service(name)
        if name in RESERVED:
            message = f"{name} is Arena's own" + ("; what comes through it is always let in" * (name == "gateway"))
            reading.problem(path, message, "remove it")
        elif name not in known:
            reading.problem(path, f"there is no service {name!r:.60}", suggest(name, known))
        elif caller is not None and caller.external:
            reading.problem(path, f"{name} runs elsewhere (url), so Arena gives it no token", "let it call the gateway")


def check_cycles(reading: Reading, project: Project) -> None:
    """Services that wait for each other would wait for ever."""
    for cycle in cycles(project):
        path = ("services", cycle[0], "depends_on", cycle[1])
        names = " → ".join(cycle)
        reading.problem(path, f"the services wait for each other: {names}", "remove one of these depends_on entries")


def cycles(project: Project) -> Iterator[tuple[str, ...]]:
    """Each cycle once, as the way round: ("a", "b", "a")."""
    edges = {service.name: [each.service for each in service.depends_on] for service in project.services}
    done: set[str] = set()
    for start in edges:
        yield from _walk(start, edges, [], done)


def _walk(name: str, edges: dict[str, list[str]], trail: list[str], done: set[str]) -> Iterator[tuple[str, ...]]:
    if name in trail:
        yield (*trail[trail.index(name) :], name)
    elif name in edges and name not in done:
        for other in edges[name]:
            yield from _walk(other, edges, [*trail, name], done)
        done.add(name)


def check_routes(reading: Reading, project: Project) -> None:
    """Each route must be one the gateway can reach, and tell from the others."""
    _check_titles(reading, project.gateway.rate_limits, ("gateway",))
    seen: list[Route] = []
    for service in project.services:
        for index, route in enumerate(service.routes):
            path = ("services", service.name, "routes", index)
            _check_route(reading, route, path)
            for number, name in enumerate(route.asked if route.split else ()):
                _check_asked(reading, project, name, (*path, "split", number, "service"))
            if route.mirror is not None:
                _check_asked(reading, project, route.mirror.service, (*path, "mirror", "service"))
            if not all(reading.checked.is_sound((*path, key)) for key in _TELLING):
                continue  # what would tell it from others is what was wrong
            for other in seen:
                _check_pair(reading, other, route, path)
            seen.append(route)


def _check_asked(reading: Reading, project: Project, name: str, path: Path) -> None:
    """A service that a route sends requests to must exist and be active."""
    known = reading.document.services
    if project.service(name) is not None:
        return
    if name in known:
        profiles = ", ".join(known[name].profiles)
        reading.problem(
            path, f"{name} is not active: its profiles are {profiles}", f"add --profile {known[name].profiles[0]}"
        )
    else:
        reading.problem(path, f"there is no service {name!r}", suggest(name, known))


def _check_route(reading: Reading, route: Route, path: Path) -> None:
    if route.path in PAGES:
        reading.problem((*path, "path"), f"{route.path} is answered by the gateway itself", "choose another path")
    if route.strip_path and route.transform.path is not None:
        reading.problem((*path, "strip_path"), "and rewrite both change the path", "keep one of them", key=True)
    if route.auth == "none" and route.roles:
        reading.problem((*path, "roles"), "asks for roles on a public route", "remove roles, or auth: none", key=True)
    if any(not role or not role.isprintable() or " " in role for role in route.roles):
        reading.problem((*path, "roles"), "holds a role that is empty or has spaces in it")
    if route.mirror is not None and route.asked == (route.mirror.service,):
        hint = "name another service, or remove mirror"
        message = f"is {route.mirror.service}, which is asked already: every request would come to it twice"
        reading.problem((*path, "mirror", "service"), message, hint)
    if route.methods and route.cache is not None and "GET" not in route.methods:
        hint = "replies to GET are kept; add GET to methods, or remove cache"
        reading.problem((*path, "cache"), "has nothing to keep on this route", hint, key=True)
    if route.methods and route.idempotency is not None and not set(route.methods) & set(route.idempotency.methods):
        hint = (
            f"it is for {' and '.join(route.idempotency.methods)}, and the route is not; change methods of one of them"
        )
        reading.problem((*path, "idempotency"), "has nothing to do on this route", hint, key=True)
    _check_titles(reading, route.rate_limits, path)


def _check_titles(reading: Reading, limits: tuple[RateLimit, ...], place: Path) -> None:
    """Headers and metrics tell the limits of one place apart by what they are called."""
    seen: set[str] = set()
    for index, limit in enumerate(limits):
        if not reading.checked.is_sound((*place, "rate_limits", index)):
            continue
        if limit.title in seen:
            message = f"is called {limit.title}, as another limit here is"
            reading.problem((*place, "rate_limits", index), message, "give each of them a `name` of its own")
        seen.add(limit.title)


def _check_pair(reading: Reading, first: Route, second: Route, path: Path) -> None:
    if same_requests(first, second):
        message = f"{_called(second)} matches the same requests as {_called(first)}"
        reading.problem((*path, "path"), message, "change the path, the hosts, the methods or the match of one of them")
    elif first.name == second.name:
        reading.problem((*path, "name"), f"{_called(first)} is already called {first.name!r}", "route names are unique")


def _called(route: Route) -> str:
    return f"the route {route.path} of {route.service}"


def same_requests(first: Route, second: Route) -> bool:
    """True when neither route is the more specific one for some request: same path and conditions, and hosts and methods that
    are both unrestricted or share a member."""
    return (
        first.path == second.path
        and set(first.match) == set(second.match)
        and _overlap(first.hosts, second.hosts)
        and _overlap(first.methods, second.methods)
    )  # fmt: skip


def _overlap(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    return bool(set(first) & set(second)) or (not first and not second)
