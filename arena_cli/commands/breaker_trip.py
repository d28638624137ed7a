"""`arena breaker trip`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from arena_cli.context import current_context
from arena_cli.options import BreakerOf, OutputOption, RouteBreaker
from arena_cli.parse import breaker_place, duration


async def trip(
    where: BreakerOf = None,
    *,
    route: RouteBreaker = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--for",
            metavar="DURATION",
            parser=duration,
            help="How long, such as 10m; until it is reset by default.",
            show_default=False,
        ),
    ] = None,
    output: OutputOption = "table",
) -> None:
    """Take an instance, a service or a route out of traffic.

    Requests under way end as they would; no new ones are sent. It holds on every gateway worker, and through their restarts,
    until `arena breaker reset`, `arena down`, or the time given with --for.
    """
    from arena_cli.render import breaker

    place = breaker_place(where, route)
    context = current_context()
    async with context.client() as arena:
        rows = await arena.trip(place, seconds)
    if output == "json":
        context.write(breaker.as_json(rows))
    else:
        context.show(breaker.listing(rows, time.time()))
