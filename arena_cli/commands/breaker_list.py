"""`arena breaker list`."""

from __future__ import annotations

import time

from arena_cli.context import current_context
from arena_cli.options import OutputOption


async def list(*, output: OutputOption = "table") -> None:
    """Show every instance's circuit breaker, weight and place in traffic.

    Every gateway worker has breakers of its own; the table tells where they differ, JSON tells of each.
    """
    from arena_cli.render import breaker

    context = current_context()
    async with context.client() as arena:
        rows = await arena.breakers()
    if output == "json":
        context.write(breaker.as_json(rows))
    elif rows:
        context.show(breaker.listing(rows, time.time()))
    else:
        context.note("no instance is registered; `arena ps` shows what runs")
