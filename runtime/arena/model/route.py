"""Routes and limits: which request goes to which service, and how often a caller may ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LimitKey = Literal["principal", "ip", "route"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A token bucket: `rate` requests a second on average, `burst` at once, counted per `by`."""

    rate: float
    burst: int
    by: LimitKey = "principal"
    algorithm: Literal["token_bucket"] = "token_bucket"


@dataclass(frozen=True, slots=True)
class Route:
    """Requests whose host, method and path match go to `service`.

    `path` is a prefix that ends at a segment border: `/a` matches `/a` and `/a/b`, never `/ab`. Empty `hosts` or `methods`
    mean any. `roles` lists the roles of which the caller needs at least one; empty means any authenticated caller.
    `auth` is "required" or, for public routes, "none". `first_byte_timeout` is in seconds, None for the gateway's own.
    `max_body_bytes` None means the gateway's own limit.
    """

    name: str
    service: str
    path: str
    hosts: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    strip_path: bool = False
    roles: tuple[str, ...] = ()
    auth: Literal["required", "none"] = "required"
    rate_limits: tuple[RateLimit, ...] = ()
    first_byte_timeout: float | None = None
    max_body_bytes: int | None = None
