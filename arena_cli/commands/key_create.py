"""`arena key create`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena_cli.context import current_context
from arena_cli.options import OutputOption
from arena_cli.parse import duration


def create(
    *,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Who the key is for.")],
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="A role it has; may be repeated.", show_default=False),
    ] = None,
    ttl: Annotated[
        float | None,
        typer.Option(
            "--ttl",
            metavar="DURATION",
            parser=duration,
            help="How long it is valid: 12h, 90d. For ever by default.",
            show_default=False,
        ),
    ] = None,
    output: OutputOption = "table",
) -> None:
    """Make an API key for a program.

    The key alone goes to stdout, this once: only its digest is kept. Limits, the access log and services call the
    caller `key:NAME`; services never see the key.
    """
    from arena_cli import keys
    from arena_cli.render import key

    context = current_context()
    project = context.project()
    made = keys.create(project, name=name, roles=role or (), ttl=ttl)
    if output == "json":
        context.write(key.as_json(made))
    else:
        context.write(made.key)
        context.note(key.created(made))
    if not project.gateway.api_keys:
        context.note(key.NOT_ACCEPTED)
