"""Requests that may be sent again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class IdempotencyRule:
    """How a route makes unsafe requests safe to repeat. `ttl` is how long a reply is remembered, in seconds; `header` carries
    the key and `required` refuses requests of these `methods` without one. A reply with a body longer than `max_reply_bytes` is
    not kept; then the request is remembered as done. `keep_errors`: replies with 5xx are kept too, and what was sent and got no
    reply is remembered as done; False: both are carried out again. `on_store_error` says what becomes of requests that nobody
    can remember."""

    ttl: float = 86400.0
    header: str = "idempotency-key"
    required: bool = False
    methods: tuple[str, ...] = ("POST", "PATCH")
    max_reply_bytes: int = 1024 * 1024
    keep_errors: bool = True
    on_store_error: Literal["allow", "deny"] = "deny"
