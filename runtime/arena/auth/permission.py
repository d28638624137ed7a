"""Why a role may or may not send a request, for a person who asks: the gateway's decision, taken without a gateway."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote_to_bytes

from arena.auth import lookup
from arena.errors import UsageError
from arena.model import page
from arena.model.project import Project
from arena.model.route import Route
from arena.policy.access import Access
from arena.policy.path import BadPath, canonical, readings
from arena.policy.rewrite import compile_rewrite

_AS_IT_IS = "!$%&'()*+,-./:;<=>@[\\]^_`{|}~\""


@dataclass(frozen=True, slots=True)
class Explanation:
    """`route` and `service` are '' when no route takes the request; `role` and `rule` are what decided, if a rule did. `notes`
    say what else the caller meets there."""

    allowed: bool
    reason: str
    route: str = ""
    service: str = ""
    role: str = ""
    rule: str = ""
    notes: tuple[str, ...] = ()


def explain(project: Project, roles: Iterable[str], method: str, path: str, host: str = "") -> Explanation:
    """What the gateway would say to a caller with these roles. A query and a fragment are left out, and what is not ASCII is
    escaped, as clients do. Raises UsageError for what is no path."""
    if not path.startswith("/"):
        raise UsageError(f"{path!r:.60} is not a path", hint="such as /ai_service/generate")
    try:
        asked = canonical(_as_sent(path))
        spellings = [each.decode() for each in readings(asked)]
        declared = [route for service in project.services for route in service.routes]
        stages = _stages(declared, host, spellings)
        if spellings[0] in page.PAGES:
            return _page(Access(project.roles), frozenset(roles), method, spellings[0])
        route = lookup.choose(stages, method)
        automatic = not stages and _stages(lookup.automatic(project, spellings), host, spellings)
        if automatic:
            route = automatic[0][0]
        if route is None:
            return _nowhere(stages, method)
        if route.auth == "none":
            found = Explanation(True, "the route is public", route.name, route.service)
        else:
            found = _judge(Access(project.roles), route, frozenset(roles), method, readings(_inner(route, asked)))
    except BadPath as error:
        return Explanation(False, f"the gateway refuses this path: {error}")
    if automatic:
        return replace(found, reason=f"should a service {route.service} register itself: {found.reason}")
    return replace(found, reason=f"{found.reason}, if the route's match holds") if route.match else found


def known_roles(project: Project) -> frozenset[str]:
    """The roles that a route, a rule or a page of the gateway's own speaks of."""
    declared = {name for role in project.roles for name in (role.name, *role.inherits)}
    wanted = {name for service in project.services for route in service.routes for name in route.roles}
    return frozenset((*declared, *wanted, page.OPERATOR))


def _as_sent(path: str) -> bytes:
    bare = path.partition("#")[0].partition("?")[0]
    # Surrogates are how Python spells arguments that are not UTF-8.
    return quote(bare, safe=_AS_IT_IS, errors="surrogateescape").encode()


def _stages(routes: list[Route], host: str, spellings: list[str]) -> list[lookup.Stage]:
    """What may answer. Raises BadPath when that depends on how the path is read."""
    stages, *others = (lookup.stages(routes, host, each) for each in spellings)
    if any(other != stages for other in others):
        raise BadPath("with and without its path parameters (;) it leads to two routes")
    return stages


def _page(access: Access, roles: frozenset[str], method: str, path: str) -> Explanation:
    if method not in page.METHODS:
        return Explanation(False, f"the gateway's own page takes {' and '.join(page.METHODS)} alone")
    if path in page.FOR_ALL:
        return Explanation(True, "the gateway's own page is open to everybody")
    if page.OPERATOR in access.closure(roles):
        return Explanation(True, f"the gateway's own page is for the role {page.OPERATOR}", role=page.OPERATOR)
    return Explanation(False, f"the gateway's own page needs the role {page.OPERATOR}")


def _nowhere(stages: list[lookup.Stage], method: str) -> Explanation:
    taken = sorted({name for stage in stages for route in stage for name in route.methods})
    if not taken:
        return Explanation(False, "no route takes this request")
    return Explanation(False, f"no route takes {method} here, only {', '.join(taken)}")


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
    decision, inner = access.weigh(roles, route.served_by, method, paths)
    if decision.rule is None and route.permissions:
        told = inner.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        return Explanation(False, f"no rule allows {route.service}:{method}:{told}", *where)
    if decision.rule is None:
        needed = f"has the role {' or '.join(sorted(held & set(route.roles)))}" if route.roles else "is authenticated"
        found = Explanation(True, f"the route asks for no permission, and the caller {needed}", *where)
    else:
        verb = "allows" if decision.allowed else "denies"
        reason = f"the role {decision.role} {verb} {decision.rule}"
        found = Explanation(decision.allowed, reason, *where, decision.role, str(decision.rule))
    return replace(found, notes=tuple(_notes(access, route, roles, method, paths))) if found.allowed else found


def _notes(access: Access, route: Route, roles: frozenset[str], method: str, paths: list[str]) -> Iterable[str]:
    """Who else is not asked for this caller."""
    others = {
        "does not stand in for it": route.fallback.service if route.fallback else "",
        "gets no copy": route.mirror.service if route.mirror else "",
    }
    for what, name in others.items():
        denials = [access.denial(roles, name, method, path) for path in paths] if name else []
        denial = next((each for each in denials if each.rule is not None), None)
        if denial is not None:
            yield f"{name} {what}: the role {denial.role} denies {denial.rule}"
