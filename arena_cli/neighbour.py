"""Other projects of the same folder: after `name:` was changed in arena.yaml, what runs still has the old one."""

from __future__ import annotations

from arena.errors import NothingRunning
from arena.model.layout import StateLayout
from arena_cli.selection import known_in


async def running_beside(layout: StateLayout) -> list[str]:
    """The names of the other projects of the folder whose daemons answer."""
    folder = layout.root.parent.parent
    others = [name for name in known_in(folder) if name != layout.root.name]
    return [name for name in others if await _answers(StateLayout.of(folder, name))]


async def pointed_out(nothing: NothingRunning, layout: StateLayout) -> NothingRunning:
    """The error, which names what runs beside the project that does not; as it is when nothing does."""
    names = await running_beside(layout)
    if not names:
        return nothing
    told = f"{', '.join(names)} of this folder {'runs' if len(names) == 1 else 'run'}: use -p {names[0]}"
    return NothingRunning(nothing.message, hint=f"{nothing.hint}, but {told}" if nothing.hint else told)


async def _answers(layout: StateLayout) -> bool:
    from arena.control.client import connect

    try:
        async with connect(layout):
            return True
    except NothingRunning:
        return False
