"""Which web pages may call a route from a browser."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cors:
    """The CORS rules of one route (https://fetch.spec.whatwg.org/#http-cors-protocol). `origins` are `scheme://host[:port]`
    in lower case, or "*" alone, which never stands with `credentials`. Empty `methods` mean the route's own. `max_age` is
    how many seconds a browser may remember a preflight's answer."""

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ("Authorization", "Content-Type", "X-API-Key")
    expose: tuple[str, ...] = ()
    credentials: bool = False
    max_age: float = 600.0
