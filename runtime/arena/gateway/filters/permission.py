"""What the caller's roles may do here. A decision is made once per set of roles, method and path, and remembered there."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from arena.gateway.exchange import Exchange
from arena.gateway.refusal import Refusal
from arena.model.route import Route
from arena.policy.access import Access
from arena.policy.path import BadPath, readings

_KEEP_VERDICTS = 64  # sets of roles per method and path
_HEADERS = (b'www-authenticate: Bearer realm="arena", error="insufficient_scope"',)


def authorise(route: Route, access: Access) -> Callable[[Exchange], Refusal | None]:
    """A filter for principals that have one of the route's roles (themselves or by inheritance), that no rule denies the
    request and, where the route asks for permission, that one allows it."""

    def check(x: Exchange) -> Refusal | None:
        match, principal = x.match, x.principal
        roles = principal.roles if principal is not None else frozenset()
        verdicts = match.verdicts
        if verdicts is None:
            verdicts = match.verdicts = {}
        elif roles in verdicts:
            return verdicts[roles]
        if len(verdicts) >= _KEEP_VERDICTS:
            verdicts.clear()
        verdicts[roles] = verdict = judge(route, access, roles, x.head.method.decode(), match.path)
        return verdict

    return check


def judge(route: Route, access: Access, roles: frozenset[str], method: str, path: bytes) -> Refusal | None:
    """None to let the request pass. `path` is canonical, as the service will get it."""
    held = access.closure(roles)
    if route.roles and held.isdisjoint(route.roles):
        wanted = sorted(route.roles)
        hint = f"`arena token issue --role {wanted[0]}` makes a token that has it"
        return _refuse(f"this route needs the role {' or '.join(wanted)}; {hint}")
    try:
        plain = _plain(path)
    except BadPath as error:
        return _refuse(f"no rule can be held against this path: {error}")
    decision, _ = access.weigh(roles, route.served_by, method, plain)
    if decision.rule is not None and not decision.allowed:
        return _refuse(f"the role {decision.role} denies {decision.rule}; a deny wins over every allow")
    if route.permissions and decision.rule is None:
        return _refuse(f"no rule allows {method} here to the caller's roles; `arena auth can` explains")
    return None


def bar(access: Access, service: str) -> Callable[[Exchange], bool] | None:
    """Whether a rule denies a caller `service`, where a request of another service's route would be sent there as well: as its
    fallback, or as a copy. None where no rule names it: one for every service has been held against the request already."""
    if not access.names(service):
        return None

    def barred(x: Exchange) -> bool:
        if x.principal is None:
            return False
        roles, method = x.principal.roles, x.head.method.decode()
        return any(access.denial(roles, service, method, each).rule is not None for each in _plain(x.match.path))

    return barred


def _plain(path: bytes) -> list[str]:
    """What a service may read `path` as: unescaped, as most do, because no spelling may dodge its rule. Raises BadPath."""
    return [unquote_to_bytes(each).decode("utf-8", "surrogateescape") for each in readings(path)]


def _refuse(detail: str) -> Refusal:
    return Refusal(403, "forbidden", detail, headers=_HEADERS)
