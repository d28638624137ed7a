"""Who may do what on the registry's HTTP API."""

from __future__ import annotations

import ipaddress

from starlette.requests import Request

from arena.auth import service_token
from arena.auth.errors import TokenRefused
from arena.auth.jwt import Verifier
from arena.model.principal import Principal
from arena.registry.refusal import Refused


class Access:
    """Judges requests by their service token."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    def principal(self, request: Request) -> Principal:
        """Who asks. Raises Refused (401)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, "unauthenticated", "send `Authorization: Bearer <service token>`")
        try:
            return self._verifier.verify(token.strip())
        except TokenRefused as refusal:
            raise Refused(401, refusal.code, f"{refusal.message}; {refusal.hint}") from None

    def writer(self, request: Request, service: str) -> Principal:
        """Who asks, if they may write entries of `service`. Raises Refused (401, 403)."""
        principal = self.principal(request)
        if not service_token.may_write(principal, service):
            raise Refused(403, "forbidden", f"the token of {principal.subject!r} does not speak for {service!r}")
        return principal

    def reader(self, request: Request) -> None:
        """On this machine anyone may read; from elsewhere, or by a name that anyone's DNS may have pointed here, it takes a
        service token. Raises Refused (401)."""
        if not (_is_local(request) and _is_meant(request)):
            self.principal(request)


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
