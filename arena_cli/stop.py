"""Stops a project, whether or not its daemon still lives."""

from __future__ import annotations

from arena.control.messages import DownReport
from arena.errors import NothingRunning
from arena.model.layout import StateLayout
from arena_cli.context import Context
from arena_cli.progress import watching


async def stop(context: Context, grace: float | None, volumes: bool) -> DownReport | None:
    """Stop everything. None when there was nothing to stop and nothing to delete.

    `grace` in seconds, None for each instance's own.
    """
    layout = context.layout()  # once: what it is found by may be gone afterwards
    try:
        return await _ask(context, layout, grace, volumes)
    except NothingRunning:
        if not volumes or not layout.root.is_dir():
            return None
    from arena.daemon import launch

    await launch.ensure(layout, layout.root.parent.parent)  # state is the daemon's to delete
    return await _ask(context, layout, grace, volumes)


async def _ask(context: Context, layout: StateLayout, grace: float | None, volumes: bool) -> DownReport:
    from arena.daemon import launch

    async with context.client(layout) as arena:
        with watching(context) as on_event:
            report = await arena.down(grace, volumes, on_event)
    await launch.ended(layout)
    return report
