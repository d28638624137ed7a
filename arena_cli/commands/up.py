"""`arena up`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena_cli.context import current_context
from arena_cli.options import Services
from arena_cli.parse import duration


async def up(
    services: Services = None,
    *,
    detach: Annotated[
        bool, typer.Option("-d", "--detach", help="Return when everything is ready, and leave it running.")
    ] = False,
    wait_timeout: Annotated[
        float,
        typer.Option(
            "--wait-timeout",
            metavar="SECONDS",
            parser=duration,
            help="How long everything may take to be ready: 60 by default.",
            show_default=False,
        ),
    ] = 60.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and why; do nothing.")] = False,
    scale: Annotated[
        list[str] | None,
        typer.Option(
            "--scale",
            metavar="SERVICE=N",
            help="Run so many instances of a service; may be repeated.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Start the project, or the named services and what they need.

    Without `-d` the logs follow, and Ctrl-C stops the project (a second Ctrl-C at once); so does closing the terminal. What
    already runs as arena.yaml says is left alone. A named service that runs elsewhere is waited for until its healthcheck
    passes.
    """
    from arena.control.messages import UpRequest
    from arena_cli import start
    from arena_cli.foreground import run
    from arena_cli.parse import scale as read_scale

    context = current_context()
    project = start.scaled(context.project(), read_scale(scale or []))
    request = UpRequest(project, start.known(project, services or []), wait_timeout, dry_run)
    if dry_run:
        await start.show_plan(context, request)
    elif detach:
        await start.bring_up(context, request)
    else:
        await run(context, request)
