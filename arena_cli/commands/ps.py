"""`arena ps`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena.errors import NothingRunning
from arena_cli.context import current_context
from arena_cli.options import OutputOption


async def ps(
    *,
    everything: Annotated[bool, typer.Option("-a", "--all", help="Also what has stopped or completed.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only the names of instances, one a line.")] = False,
    output: OutputOption = "table",
) -> None:
    """List what runs.

    A project that is down gives an empty list and exit code 0.
    """
    from arena_cli.render import row

    context = current_context()
    try:
        async with context.client() as arena:
            rows = await arena.rows(everything)
    except NothingRunning as nothing:
        context.note(f"{nothing.message}; {nothing.hint}")
        rows = ()
    if quiet:
        context.show(*(entry.instance for entry in row.in_order(rows)))
    elif output == "json":
        context.write(row.as_json(rows))
    elif rows:
        context.show(row.ps(rows))
