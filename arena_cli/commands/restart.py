"""`arena restart`."""

from __future__ import annotations

from arena_cli.context import current_context
from arena_cli.options import Grace, Services


async def restart(services: Services = None, timeout: Grace = None) -> None:
    """Stop and start services, one instance after another."""
    from arena_cli.progress import watching
    from arena_cli.render import startup

    context = current_context()
    async with context.client() as arena:
        with watching(context) as on_event:
            report = await arena.restart(tuple(services or ()), timeout, on_event)
    context.show(startup.parts(report.parts))
