"""A route's filters, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena.gateway.filters.auth import Authenticator, require_roles
from arena.gateway.filters.limit import Meter, admit
from arena.gateway.filters.permission import authorise
from arena.gateway.filters.tokens import book
from arena.gateway.table.route import Filter
from arena.model.route import RateLimit, Route
from arena.policy.access import Access

_NO_RULES = Access()


def compile_chain(
    route: Route,
    common: tuple[RateLimit, ...],
    authenticate: Authenticator,
    meter_of: Callable[[str, RateLimit], Meter],
    admit: Callable[[Sequence[Meter]], Filter] = admit,
    *,
    access: Access = _NO_RULES,
    book: Callable[[Sequence[Meter]], Filter] = book,
) -> tuple[Filter, ...]:
    """The filters of `route`: the gateway's `common` limits and its own. `meter_of(scope, limit)` keeps what a limit has
    counted over swaps; common limits have the scope ''. `admit`
    makes the filter of the limits that stand together, `access` knows what roles may do;
    `book` makes the filter of the limits on tokens."""
    every = [meter_of("", limit) for limit in common] + [meter_of(route.name, limit) for limit in route.rate_limits]
    meters = [meter for meter in every if meter.limit.unit == "requests"]
    tokens = [meter for meter in every if meter.limit.unit == "tokens"]
    # Last, because they need the whole body.
    last: tuple[Filter, ...] = (book(tokens),) if tokens else ()
    if route.auth == "none":
        return (authenticate.conceal, *((admit(meters),) if meters else ()), *last)
    # Per address first: a flood of guessed tokens must meet its limit before it costs a signature check each.
    early = [meter for meter in meters if meter.limit.by == "ip"]
    late = [meter for meter in meters if meter.limit.by != "ip"]
    chain: list[Filter] = [admit(early)] if early else []
    chain.append(authenticate.check)
    if access or route.permissions:
        chain.append(authorise(route, access))
    elif route.roles:
        chain.append(require_roles(route.roles))
    return (*chain, *((admit(late),) if late else ()), *last)
