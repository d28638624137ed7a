"""Whom to count, or whom to keep together: the callers of a route told apart by one of their facts."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

LIMIT_KEYS = ("principal", "key", "role", "ip", "route", "service")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_OWN_HEADERS = frozenset(
    ("host", "connection", "content-length", "transfer-encoding", "upgrade", "expect", "keep-alive", "te", "trailer",
     "proxy-connection", "traceparent", "tracestate", "x-request-id", "forwarded", "x-forwarded-for", "x-forwarded-host",
     "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-server", "x-real-ip")
)  # fmt: skip


def _limit_key(value: Any) -> Any:
    if not isinstance(value, str) or value in LIMIT_KEYS:
        return value
    kind, colon, name = value.partition(":")
    if kind != "header" or not colon or not _HEADER.fullmatch(name):
        names = ", ".join(LIMIT_KEYS)
        raise ValueError(f"should be one of {names}, or header: with the name of one, not {value!r:.60}")
    if name.lower() in _OWN_HEADERS:
        raise ValueError(f"cannot count by {name}: the gateway reads and writes this header itself")
    return value.lower()


def _split_key(value: Any) -> Any:
    if isinstance(value, str) and value.lower().startswith("cookie:"):
        name = value.partition(":")[2]
        if not _HEADER.fullmatch(name):
            raise ValueError(f"should be cookie: with the name of one, not {value!r:.60}")
        return f"cookie:{name}"
    if value in ("key", "role", "route", "service"):
        raise ValueError(f"should be principal, ip, header: or cookie: with the name of one, not {value}")
    return _limit_key(value)


LimitKey = Annotated[
    str,
    BeforeValidator(_limit_key),
    WithJsonSchema({"anyOf": [{"enum": list(LIMIT_KEYS)}, {"type": "string", "pattern": r"^[Hh]eader:|\$"}]}),
]
SplitKey = Annotated[
    str,
    BeforeValidator(_split_key),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["principal", "ip"]},
                {"type": "string", "pattern": r"^[Hh]eader:|^[Cc]ookie:|\$"},
            ]
        }
    ),
]
