"""The deadline of an exchange: the route's timeout or the client's `x-request-deadline`, whichever comes first.

It is passed on to the service in the same header, no attempt begins after it, and it ends the exchange with 504 unless the
reply has begun by then.
"""

from __future__ import annotations

from time import monotonic, time
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange
from arena.gateway.flow import failure
from arena.gateway.flow.tries import Tries
from arena.gateway.refusal import Refusal
from arena.policy.deadline import NEVER, left, read, write

if TYPE_CHECKING:
    from arena.gateway.table.route import CompiledRoute

_UNREADABLE = Refusal(
    400, "bad-request", "x-request-deadline should be a time in Unix seconds, such as 1763904123.250 (not milliseconds)"
)


def prepare(x: Exchange, route: CompiledRoute) -> Refusal | None:
    """Read the deadline of `x`, and have it kept; a refusal when it is unreadable, or has passed."""
    x.tries = tries = Tries(route.retries, route.fallback, route.hedge)
    asked = None
    if x.head.deadline is not None:
        asked = read(x.head.deadline)
        if asked is None:
            return _UNREADABLE
    now = time()
    seconds, by_client = left(now, route.route.timeout, asked)
    if seconds == NEVER:
        return None
    if seconds <= 0.0:
        return failure.too_late("the deadline had passed before the request came", by_client)
    tries.deadline = monotonic() + seconds
    tries.by_client = by_client
    tries.until(x, seconds, failure.deadline_passed)
    x.fields = (*x.fields, write(now + seconds))
    return None
