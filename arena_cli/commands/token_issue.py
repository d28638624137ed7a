"""`arena token issue`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena_cli.context import current_context
from arena_cli.options import OutputOption
from arena_cli.parse import duration


def issue(
    *,
    sub: Annotated[str, typer.Option("--sub", metavar="NAME", help="Who the token is for.")],
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="A role it has; may be repeated.", show_default=False),
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="SCOPE", help="A scope it has; may be repeated.", show_default=False),
    ] = None,
    ttl: Annotated[
        float,
        typer.Option(
            "--ttl",
            metavar="DURATION",
            parser=duration,
            help="How long it is valid: 30m, 7d. An hour by default.",
            show_default=False,
        ),
    ] = 3600.0,
    output: OutputOption = "table",
) -> None:
    """Issue a signed token for the gateway.

    The token alone goes to stdout, for use as "$(arena token issue --sub me --role user)".
    """
    from arena_cli import credential
    from arena_cli.render import token

    context = current_context()
    project = context.project()
    issued = credential.issue(project, subject=sub, roles=role or (), scopes=scope or (), ttl=ttl)
    if output == "json":
        context.write(token.as_json(issued))
    else:
        context.write(issued.token)
        context.note(token.issued(issued))
    if warning := credential.gateway_knows_better(project):
        context.note(warning)
