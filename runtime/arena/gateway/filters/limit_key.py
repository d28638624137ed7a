"""Whom a limit counts: from an exchange to a text that stands for the caller.

Where there is no principal (a public route), limits by principal and by role count addresses, and a header that is not
there counts as the address too: leaving something out never leads around a limit. The same keys say who stays with one
instance, or with one version of a service.
"""

from __future__ import annotations

from collections.abc import Callable

from arena.auth.wording import KEY_SUBJECT
from arena.gateway.exchange import Exchange
from arena.gateway.wire.cookie import cookies

KeyOf = Callable[[Exchange], str]
_LONGEST_VALUE = 256  # bytes; what is longer is told apart by its beginning, or strangers could fill the memory


def key_of(by: str) -> KeyOf:
    """The function that finds the key for `RateLimit.by`, or for "cookie:<name>". Raises ValueError for one that does not
    exist."""
    kind, _, name = by.partition(":")
    if kind == "header" and name:
        return _by_header(name.lower().encode())
    if kind == "cookie" and name:
        return lambda x: next(cookies(x.fields, name), "")[:_LONGEST_VALUE] or _address(x)
    if by not in _KEYS:
        raise ValueError(f"{by!r} is nothing that a rate limit can count by")
    return _KEYS[by]


def _by_principal(x: Exchange) -> str:
    return x.principal.key if x.principal is not None else _address(x)


def _by_api_key(x: Exchange) -> str:
    """Several keys of one name are one principal. Only our own keys: a client gets a new token as often as it likes."""
    who = x.principal
    if who is None or not who.subject.startswith(KEY_SUBJECT) or who.issuer:
        return _by_principal(x)
    return f"{who.key}\x1f{who.token_id}"


def _by_role(x: Exchange) -> str:
    return ",".join(sorted(x.principal.roles)) if x.principal is not None else _address(x)


def _by_ip(x: Exchange) -> str:
    return x.client.ip


def _by_route(x: Exchange) -> str:
    return x.match.stats.route


def _by_service(x: Exchange) -> str:
    return x.match.stats.service


def _by_header(name: bytes) -> KeyOf:
    start = name + b":"
    size = len(start)

    def find(x: Exchange) -> str:
        for line in x.fields:
            if line[:size].lower() == start:
                return line[size : size + _LONGEST_VALUE].strip(b" \t").decode("latin-1")
        return _address(x)

    return find


def _address(x: Exchange) -> str:
    """Marked, so that no subject and no header value is taken for it."""
    return "\0" + x.client.ip


_KEYS: dict[str, KeyOf] = {
    "principal": _by_principal,
    "key": _by_api_key,
    "role": _by_role,
    "ip": _by_ip,
    "route": _by_route,
    "service": _by_service,
}
