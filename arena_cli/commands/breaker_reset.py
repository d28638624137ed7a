"""`arena breaker reset`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from arena_cli.complete import complete_service
from arena_cli.context import current_context
from arena_cli.options import OutputOption
from arena_cli.parse import breaker_place


async def reset(
    where: Annotated[
        str | None,
        typer.Argument(
            metavar="[SERVICE[/INSTANCE]]",
            help="web, or web/web-2 for one instance.",
            autocompletion=complete_service,
            show_default=False,
        ),
    ] = None,
    *,
    route: Annotated[
        str | None,
        typer.Option("--route", metavar="NAME", help="A route that has a breaker, instead.", show_default=False),
    ] = None,
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
