"""Who may do what on the registry's HTTP API."""

from __future__ import annotations

import ipaddress
from time import time

from starlette.requests import Request

from arena.auth import signed
from arena.auth.errors import TokenRefused, TokenWrongKind
from arena.auth.identity import REGISTRY, Identity
from arena.auth.identity_file import IdentityFile, IdentityUnreadable
from arena.auth.signed import DAEMON, SERVICE, Statement
from arena.registry.refusal import Refused

_SHOW = "send `Authorization: Bearer` and what tokens.registry of your ARENA_IDENTITY_FILE says now"


class Access:
    """Judges requests by the token of a service, or of the daemon, with the keys in the registry's own identity file."""

    def __init__(self, file: IdentityFile) -> None:
        self._file = file

    def asker(self, request: Request) -> Statement:
        """Who asks: a service or the daemon. Raises Refused (401; 503 without keys)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, "unauthenticated", _SHOW)
        try:
            return _hear(token.strip(), self._file.look(), time())
        except IdentityUnreadable as problem:
            raise Refused(503, "identity-unreadable", f"no token can be verified: {problem}") from None
        except TokenRefused as refusal:
            raise Refused(401, refusal.code, f"{refusal.message}; {_SHOW}") from None

    def writer(self, request: Request, service: str) -> Statement:
        """Who asks, if they may write entries of `service`. Raises Refused as `asker` does, and 403."""
        asker = self.asker(request)
        if asker.kind != DAEMON and asker.principal.subject != service:
            raise Refused(403, "forbidden", f"the token of {asker.principal.subject!r} does not speak for {service!r}")
        return asker

    def reader(self, request: Request) -> None:
        """On this machine anyone may read; from elsewhere, or by a name that anyone's DNS may have pointed here, it takes a
        service token. Raises Refused (401)."""
        if not (_is_local(request) and _is_meant(request)):
            self.asker(request)


def _hear(token: str, identity: Identity, now: float) -> Statement:
    try:
        return signed.verify(token, identity.keys, (DAEMON,), REGISTRY, now)
    except TokenWrongKind:
        # While no daemon lives nobody renews what services show: the last is believed for a while.
        return signed.verify(token, identity.keys, (SERVICE,), REGISTRY, identity.judged_at(now))


def _is_local(request: Request) -> bool:
    """Whether the request came from this machine: over loopback, or from the very address it was sent to."""
    client, server = request.scope.get("client"), request.scope.get("server")
    if not client:
        return False
    try:
        return ipaddress.ip_address(client[0]).is_loopback or bool(server and client[0] == server[0])
    except ValueError:
        return False


def _is_meant(request: Request) -> bool:
    """Whether the caller named this machine by an address or as localhost. A web page of another site is held back by the
    browser unless its own name suddenly leads here (DNS rebinding), and then that name is what it sends."""
    name = request.url.hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    return True
