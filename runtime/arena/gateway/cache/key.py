"""What a kept reply is found by.

The URI is the client's: scheme, host as written, canonical path and query, byte for byte; it is what an unsafe method makes
invalid. The *way* is where the request went from there: one URI can lead to different routes, versions of a service, paths
and queries. Credentials are hashed, so that no store holds one.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from functools import lru_cache

from arena.auth.wording import CERTIFICATE_SUBJECT
from arena.gateway.exchange import Exchange
from arena.model.principal import Principal
from arena.model.route import Route
from arena.policy.path import canonical

Way = tuple[str, str, bytes, bytes]
"""Route (as `mark_of` has it), service, path and query as the service gets them."""

_OF_THE_TOKEN = ("expires_at", "token_id", "issued_at")
_WHO = tuple(field.name for field in fields(Principal) if field.name not in _OF_THE_TOKEN)
_HTTPS = b"x-forwarded-proto: https"


def uri_of(x: Exchange) -> bytes:
    """The URI that the client asked for."""
    path, mark, query = x.head.target.partition(b"?")
    scheme = b"https" if _HTTPS in x.client.forwarded else b"http"
    return b"".join((scheme, b"://", x.head.host or b"", canonical(path), mark, query))


def way_of(x: Exchange, route: str) -> Way:
    """Where the request goes; `route` is what `mark_of` said."""
    return route, x.service.name, x.match.path, x.query


def mark_of(route: Route) -> str:
    """The route as a part of keys: another one when what it tells the service has changed."""
    return f"{route.name}:{hashlib.sha256(repr((route.auth, route.transform)).encode()).hexdigest()[:16]}"


def route_of(way: Way) -> str:
    """The name of the route."""
    return way[0].rpartition(":")[0]


def credentials_of(x: Exchange, headers: dict[bytes, list[bytes]]) -> bytes:
    """A digest of everything that says who asks, b'' when nothing does. A new token of the same principal makes no
    difference; what the gateway did not verify itself counts as it is. A client certificate counts on public routes too,
    because the service is told of it."""
    head, principal, certificate = x.head, x.principal, x.client.certificate
    cookies = headers.get(b"cookie")
    if all(each is None for each in (principal, cookies, head.authorization, head.api_key, certificate)):
        return b""
    said = [b"" if principal is None else _identity(principal)]
    for cookie in cookies or ():
        said += [b"cookie", cookie]  # what each is stands before it: a cookie could have the words of a certificate
    if certificate is not None:
        said += [b"certificate", certificate.fingerprint.encode()]
    if principal is None or not _is_all(principal, head.authorization, head.api_key):
        said += [b"authorization", head.authorization or b"", b"key", head.api_key or b""]
    return hashlib.sha256(b"\0".join(said)).digest()


def _is_all(principal: Principal, authorization: bytes | None, api_key: bytes | None) -> bool:
    """Whether the principal is all that these say: one of them was verified, and what is no bearer token is for the service,
    as is an API key of somebody whom a certificate let in."""
    if authorization is None:
        return api_key is None or not principal.subject.startswith(CERTIFICATE_SUBJECT)
    return api_key is None and authorization[:7].lower() == b"bearer "


@lru_cache(maxsize=4096)
def _identity(principal: Principal) -> bytes:
    """Who it is and what they may do: all that a service could tell callers apart by, and no more than outlives a token."""
    said = (getattr(principal, name) for name in _WHO)
    return repr([sorted(each) if isinstance(each, frozenset) else each for each in said]).encode(errors="surrogatepass")
