"""`arena down`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena_cli.context import current_context
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
    context.note(startup.stopped(report) if report else "nothing is running in this project")
