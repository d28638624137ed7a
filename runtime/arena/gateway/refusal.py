"""Answers the gateway gives itself: problem details (RFC 9457) and its own pages, as bytes.

The `type` of a problem is `urn:arena:problem:<kind>`; kinds are stable, titles and details are for people.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from arena.gateway.wire.date import DateLine
from arena.gateway.wire.status import STATUS_LINES

TITLES = {
    "bad-request": "The request is malformed",
    "body-too-large": "The request body is too large",
    "circuit-open": "A circuit breaker is open",
    "deadline-exceeded": "The deadline has passed",
    "expectation-failed": "The expectation cannot be met",
    "fault-injected": "A fault on purpose",
    "forbidden": "The caller may not do this",
    "header-too-large": "The request head is too large",
    "idempotency-conflict": "The request is under way, or was carried out",
    "idempotency-key": "A proper idempotency key is needed",
    "idempotency-mismatch": "The idempotency key was used for another request",
    "idempotency-unavailable": "Requests cannot be remembered",
    "keys-unavailable": "The keys of the token's issuer cannot be had",
    "limits-unavailable": "The limits cannot be checked",
    "method-not-allowed": "The method is not allowed here",
    "not-cached": "Nothing fresh is kept",
    "not-found": "No route leads there",
    "not-implemented": "The gateway does not do this",
    "range-not-satisfiable": "There is nothing in this range",
    "rate-limited": "Too many requests",
    "request-timeout": "The request took too long to arrive",
    "too-many-connections": "The gateway holds as many connections as it may",
    "too-many-in-flight": "Too many requests are under way",
    "unauthenticated": "A valid credential is needed",
    "unsupported-media-type": "The request body is of a type that is not taken here",
    "unavailable": "No live instance",
    "upstream-failed": "The service failed to answer",
    "upstream-timeout": "The service took too long",
    "version-not-supported": "The HTTP version is not supported",
}
_KIND_OF_WIRE_STATUS = {
    400: "bad-request", 408: "request-timeout", 413: "body-too-large", 417: "expectation-failed", 431: "header-too-large",
    501: "not-implemented", 505: "version-not-supported",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is answered by the gateway: `kind` is a key of TITLES, `detail` tells the person what to do,
    `headers` are further header lines. `close`: the connection cannot be used for another request. `by_client`: the client
    caused it, which a status below 500 says by itself."""

    status: int
    kind: str
    detail: str
    headers: tuple[bytes, ...] = ()
    close: bool = False
    by_client: bool = False

    def outcome(self, *, sent: bool) -> Literal["refused", "failed", "left"]:
        """What it makes of a request: who caused it decides, not the status. `sent`: an instance was asked already."""
        if self.status >= 500 and not self.by_client:
            return "failed"
        return "left" if self.by_client and sent else "refused"

    def body(self, request_id: bytes) -> bytes:
        """The problem as JSON."""
        problem = {
            "type": f"urn:arena:problem:{self.kind}",
            "title": TITLES[self.kind],
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id.decode(),
        }
        return json.dumps(problem).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """A service's reply that the gateway gives by itself: kept from earlier, or laid down in arena.yaml. `fields` are its
    header lines, without Content-Length, `body` is whole; it is left out where HTTP has none."""

    status: int
    fields: tuple[bytes, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What a page of the gateway's own says."""

    status: int
    content_type: bytes
    body: bytes


def of_wire(status: int, detail: str) -> Refusal:
    """The refusal of bytes that are not an acceptable message; the connection ends with it."""
    return Refusal(status, _KIND_OF_WIRE_STATUS[status], detail, close=True, by_client=True)


_date = DateLine()


def reply(
    status: int, content_type: bytes, body: bytes, headers: tuple[bytes, ...], *, head_only: bool = False
) -> bytes:
    """A whole reply; `headers` are lines without their line ends. `head_only` leaves the body out, as HEAD asks."""
    lines = (
        STATUS_LINES[status],
        _date.now(),
        b"content-type: " + content_type,
        b"content-length: %d" % len(body),
        *(line for line in headers if line),
        b"",
        b"" if head_only else body,
    )
    return b"\r\n".join(lines)
