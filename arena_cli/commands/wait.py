"""`arena wait`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from arena_cli.context import current_context
from arena_cli.options import OneService
from arena_cli.parse import duration

Awaited = Literal["running", "healthy", "unhealthy", "completed", "stopped", "failed"]


async def wait(
    service: OneService,
    status: Annotated[Awaited, typer.Option("--status", help="What every instance of it must become.")] = "healthy",
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            parser=duration,
            help="How long to wait at most: 60 by default.",
            show_default=False,
        ),
    ] = 60.0,
) -> None:
    """Wait until a service has a status or health.

    Of a service that runs elsewhere it is the health that the registry's probe sees.

    The exit code is 17 if that took too long, 18 if the service failed.
    """
    from arena_cli.progress import watching

    context = current_context()
    async with context.client() as arena:
        with watching(context) as on_event:
            await arena.wait(service, status, timeout, on_event)
    context.note(f"{service} is {status}")
