"""`arena breaker reset`."""

from __future__ import annotations

import time

from arena_cli.context import current_context
from arena_cli.options import BreakerOf, OutputOption, RouteBreaker
from arena_cli.parse import breaker_place


async def reset(
    where: BreakerOf = None,
    *,
    route: RouteBreaker = None,
    output: OutputOption = "table",
) -> None:
    """Put it back into traffic, and close its circuit breaker.

    A breaker that opened by itself is closed on every gateway worker; it opens again if the instance still fails.
    """
    from arena_cli.render import breaker

    place = breaker_place(where, route)
    context = current_context()
    async with context.client() as arena:
        rows = await arena.reset(place)
    if output == "json":
        context.write(breaker.as_json(rows))
    else:
        context.show(breaker.listing(rows, time.time()))
