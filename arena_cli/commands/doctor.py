"""`arena doctor`."""

from __future__ import annotations

import typer

from arena_cli.context import current_context
from arena_cli.exits import EXITS
from arena_cli.options import OutputOption


async def doctor(output: OutputOption = "table") -> None:
    """Check this machine and this project, and say what to do.

    The exit code is 1 if a check failed; warnings alone give 0.
    """
    from arena_cli.checkup import machine, project
    from arena_cli.render import check

    context = current_context()
    found = [*machine.checks(), *[one async for one in project.checks(context)]]
    if output == "json":
        context.write(check.as_json(found))
    else:
        context.show(check.checks(found))
    if any(one.verdict == "fail" for one in found):
        raise typer.Exit(EXITS["failure"])
