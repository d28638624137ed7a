"""`arena init`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from arena_cli.context import current_context


def init(
    directory: Annotated[
        str, typer.Argument(metavar="[DIR]", help="The folder to write to; made if it is missing.", show_default=False)
    ] = ".",
    name: Annotated[
        str,
        typer.Option("--name", metavar="NAME", help="The project's name; the folder's by default.", show_default=False),
    ] = "",
) -> None:
    """Write a small, commented arena.yaml.

    A copy of its JSON schema goes to .arena/schema.json, for editors. Nothing is ever overwritten.
    """
    from arena_cli.starter import write

    context = current_context()
    folder = Path(directory)
    written = write(folder, name)
    context.note(f"wrote {written}")
    there = "" if folder.resolve() == Path.cwd().resolve() else f"cd {shlex.quote(directory)} && "
    context.note(f"next: `{there}arena up` starts it as it is; then put your own services in")
