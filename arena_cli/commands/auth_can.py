"""`arena auth can`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena_cli.context import current_context
from arena_cli.exits import EXITS
from arena_cli.options import OutputOption


def can(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST, …", show_default=False)],
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="As a client sends it: /ai_service/generate", show_default=False)
    ],
    *,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="A role the caller has; may be repeated.", show_default=False),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="The host the client names.", show_default=False)
    ] = "",
    output: OutputOption = "table",
) -> None:
    """Say whether a role may send a request, and which rule decides.

    The exit code is 0 for yes and 1 for no. It is answered from arena.yaml; nothing has to run.
    """
    from arena.auth import permission
    from arena.config.suggest import suggest
    from arena_cli.render import explanation

    context = current_context()
    project = context.project()
    found = permission.explain(project, role or (), method.upper(), path, host)
    if output == "json":
        context.write(explanation.as_json(found))
    else:
        context.show(explanation.text(found))
    known = permission.known_roles(project)
    for name in role or ():
        if name not in known:
            context.note(f"nothing here speaks of the role {name!r}; {suggest(name, known)}")
    if not found.allowed:
        raise typer.Exit(EXITS["failure"])
