"""`arena breaker reset`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from arena_cli.context import current_context
from arena_cli.options import OutputOption
from arena_cli.parse import place


async def reset(
    where: Annotated[
        str,
        typer.Argument(metavar="SERVICE[/INSTANCE]", help="web, or web/web-2 for one instance.", show_default=False),
    ],
    *,
    output: OutputOption = "table",
) -> None:
    """Put it back into traffic, and close its circuit breaker.

    A breaker that opened by itself is closed on every gateway worker; it opens again if the instance still fails.
    """
    from arena_cli.render import breaker

    service, instance = place(where)
    context = current_context()
    async with context.client() as arena:
        rows = await arena.reset(service, instance)
    if output == "json":
        context.write(breaker.as_json(rows))
    else:
        context.show(breaker.listing(rows, time.time()))
