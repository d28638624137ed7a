"""A route's filters, in order."""

from __future__ import annotations

from collections.abc import Callable

from arena.gateway.filters.auth import Authenticator, require_roles
from arena.gateway.filters.limit import admit_by
from arena.gateway.routing import Filter
from arena.model.route import RateLimit, Route
from arena.policy.limit import Limiter


def compile_chain(
    route: Route,
    common: tuple[RateLimit, ...],
    authenticate: Authenticator,
    limiter_of: Callable[[str, RateLimit], Limiter],
) -> tuple[Filter, ...]:
    """The filters of `route`: the gateway's `common` limits and its own. `limiter_of(scope, limit)` keeps a limiter's
    counts over swaps; common limits have the scope ''."""
    limits = [limiter_of("", limit) for limit in common] + [
        limiter_of(route.name, limit) for limit in route.rate_limits
    ]
    # Per address first: a flood of guessed tokens must meet its limit before it costs a signature check each.
    chain: list[Filter] = [admit_by(limiter) for limiter in limits if limiter.limit.by == "ip"]
    if route.auth == "required":
        chain.append(authenticate)
        if route.roles:
            chain.append(require_roles(route.roles))
    chain += [admit_by(limiter) for limiter in limits if limiter.limit.by != "ip"]
    return tuple(chain)
