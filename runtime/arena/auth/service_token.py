"""Service tokens: what a service, or the daemon for all of them, shows to the registry.

A service token's subject is the name of the service, and it lets its bearer register instances of that service alone. The
daemon's own carries the role "operator" and may register any service. They live for a year because a child process gets its
token once, at its start; the daemon, which heartbeats for every child, makes itself a new one at each start of its own.
"""

from __future__ import annotations

from arena.auth import token
from arena.auth.jwt import Verifier
from arena.auth.secret import check_strength
from arena.model.principal import Principal
from arena.model.project import Jwt

AUDIENCE = "arena-registry"
ISSUER = "arena"
OPERATOR = "operator"
_YEAR = 365 * 86400.0


def mint(secret: str, service: str, *, ttl: float = _YEAR, now: float | None = None) -> str:
    """A token with which `service` registers itself. `secret` is the project's service secret, `ttl` in seconds."""
    return _issue(secret, service, (), ttl, now)


def mint_operator(secret: str, *, ttl: float = _YEAR, now: float | None = None) -> str:
    """A token that may register any service: the daemon's own."""
    return _issue(secret, "arena-daemon", (OPERATOR,), ttl, now)


def verifier(secret: str) -> Verifier:
    """What the registry verifies service tokens with. Raises ConfigError for a weak secret."""
    check_strength(secret, "the service secret")
    return Verifier(Jwt(secret=secret, issuer=ISSUER, audience=AUDIENCE))


def is_operator(principal: Principal) -> bool:
    """Whether the principal may act for every service."""
    return OPERATOR in principal.roles


def may_write(principal: Principal, service: str) -> bool:
    """Whether the principal may register, keep alive and deregister instances of `service`."""
    return is_operator(principal) or principal.subject == service


def _issue(secret: str, subject: str, roles: tuple[str, ...], ttl: float, now: float | None) -> str:
    return token.issue(secret, subject=subject, roles=roles, ttl=ttl, issuer=ISSUER, audience=AUDIENCE, now=now).token
