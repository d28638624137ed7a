"""What a route changes on requests and replies on their way."""

from __future__ import annotations

import re
from dataclasses import dataclass

FACTS = ("principal.sub", "principal.iss", "request.id", "request.host", "route.name", "client.ip")
"""What a template may name, as `${principal.sub}`; every one of them is text, or absent."""

GATEWAY_HEADERS = frozenset(
    ("host", "connection", "content-length", "transfer-encoding", "upgrade", "expect", "keep-alive", "te", "trailer",
     "proxy-connection", "proxy-authenticate", "proxy-authorization", "proxy-authentication-info", "http2-settings",
     "traceparent", "tracestate", "x-request-id", "via", "forwarded", "x-forwarded-for", "x-forwarded-host",
     "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-server", "x-real-ip",
     "x-arena-principal", "x-arena-mirror", "x-request-deadline")
)  # fmt: skip
"""Framing, hop-by-hop, tracing, forwarding and who asks: read and written by the gateway itself, so no template may touch
them."""

REFERENCE = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Pair:
    """A name, and the value or the other name that belongs to it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Changes to named things: headers, or the pairs of a query. No name stands in two of `remove`, `rename` (either
    side) and `set`, so their order does not matter. `set` replaces, `add` goes beside what is there; their values are
    templates."""

    set: tuple[Pair, ...] = ()
    add: tuple[Pair, ...] = ()
    remove: tuple[str, ...] = ()
    rename: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class BodyEdit:
    """Changes to a JSON body of at most `max_bytes`, by JSON Pointer (RFC 6901). The values of `set` are JSON texts whose
    strings are templates. No pointer leads to another one, or to something inside it."""

    set: tuple[Pair, ...] = ()
    remove: tuple[str, ...] = ()
    rename: tuple[Pair, ...] = ()
    max_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PathRewrite:
    """What path a service is asked for. With an empty `match`, `to` takes the place of the route's own path. Otherwise
    `match` is a pattern of whole segments: `{name}` is one segment, `{name*}` as the last one is the rest; `to` says
    what becomes of them, and a path that does not fit stays as it is."""

    to: str
    match: str = ""


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The status `to` is sent where the service said `of`."""

    of: int
    to: int


@dataclass(frozen=True, slots=True)
class Transform:
    """All that one route changes."""

    request: Edit = Edit()
    response: Edit = Edit()
    statuses: tuple[StatusChange, ...] = ()
    path: PathRewrite | None = None
    query: Edit = Edit()
    request_body: BodyEdit = BodyEdit()
    response_body: BodyEdit = BodyEdit()
