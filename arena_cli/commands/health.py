"""`arena health`."""

from __future__ import annotations

import time

import typer

from arena_cli.context import current_context
from arena_cli.exits import EXITS
from arena_cli.options import OutputOption


async def health(output: OutputOption = "table") -> None:
    """Show what the health checks last said.

    The exit code is 1 if anything is unhealthy, has failed, or is not registered, so that no request reaches it.
    """
    from arena_cli.render import row

    context = current_context()
    async with context.client() as arena:
        rows = await arena.health()
    if output == "json":
        context.write(row.as_json(rows))
    else:
        context.show(row.health(rows, time.time()))
    if any(entry.health == "unhealthy" or entry.status == "failed" or not entry.reachable for entry in rows):
        raise typer.Exit(EXITS["failure"])
