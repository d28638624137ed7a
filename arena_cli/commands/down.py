"""`arena down`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena.errors import NothingRunning
from arena_cli.context import Context, current_context
from arena_cli.neighbour import pointed_out
from arena_cli.options import Grace


async def down(
    *,
    timeout: Grace = None,
    volumes: Annotated[
        bool, typer.Option("-v", "--volumes", help="Also delete logs and state; secrets are kept.")
    ] = False,
) -> None:
    """Stop everything and end the daemon.

    Also stops what outlived a daemon that was killed. A project that is down already gives exit code 0.
    """
    from arena_cli.render import startup
    from arena_cli.stop import stop

    context = current_context()
    report = await stop(context, timeout, volumes)
    context.note(startup.stopped(report) if report else await _nothing(context))


async def _nothing(context: Context) -> str:
    nothing = await pointed_out(NothingRunning("nothing is running in this project"), context.layout())
    return "; ".join(filter(None, (nothing.message, nothing.hint)))
