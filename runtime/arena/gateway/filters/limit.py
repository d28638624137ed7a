"""How often: token buckets per address, principal or route. Source of 429: RFC 6585 section 4."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable

from arena.gateway.exchange import Exchange
from arena.gateway.refusal import Refusal
from arena.policy.limit import Limiter

_WHOM = {"principal": "this caller", "ip": "this address", "route": "this route"}


def admit_by(limiter: Limiter) -> Callable[[Exchange], Refusal | None]:
    """A filter that counts every request against `limiter`, by what its limit says. A caller without a principal is
    counted by address."""
    key_of = _KEYS[limiter.limit.by]
    admit = limiter.admit

    def check(x: Exchange) -> Refusal | None:
        wait = admit(key_of(x), x.began)
        return _refuse(x, limiter, wait) if wait else None

    return check


def _refuse(x: Exchange, limiter: Limiter, wait: float) -> Refusal:
    x.match.stats.limited += 1
    limit = limiter.limit
    seconds = max(1, math.ceil(wait))
    detail = (
        f"{_WHOM[limit.by]} may send {limit.rate:g} requests a second on average and {limit.burst} at once; "
        f"try again in {seconds} s"
    )
    return Refusal(429, "rate-limited", detail, headers=(b"retry-after: %d" % seconds,))


def _by_principal(x: Exchange) -> Hashable:
    return x.principal.subject if x.principal is not None else ("ip", x.client.ip)


def _by_ip(x: Exchange) -> Hashable:
    return x.client.ip


def _by_route(x: Exchange) -> Hashable:
    return x.match.stats.route


_KEYS: dict[str, Callable[[Exchange], Hashable]] = {"principal": _by_principal, "ip": _by_ip, "route": _by_route}
