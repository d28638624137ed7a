"""`arena token rotate`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena_cli.context import current_context
from arena_cli.options import OutputOption
from arena_cli.parse import duration


def rotate(
    *,
    overlap: Annotated[
        float,
        typer.Option(
            "--overlap",
            metavar="DURATION",
            parser=duration,
            help="How long tokens of the old key are accepted: 1h, 7d; 0 ends it at once. An hour by default.",
            show_default=False,
        ),
    ] = 3600.0,
    output: OutputOption = "table",
) -> None:
    """Sign tokens with a new key.

    A running gateway follows within a second, without a restart; nothing has to run.
    """
    from arena_cli import credential, tokens
    from arena_cli.render import token

    context = current_context()
    project = context.project()
    layout = context.layout()
    rotation = credential.rotate(project, overlap)
    if output == "json":
        context.write(token.rotated_as_json(rotation))
    else:
        lost = sum(tokens.outliving(layout, key.kid, key.until or 0.0) for key in rotation.former)
        context.note(token.rotated(rotation, lost))
    if warning := credential.gateway_knows_better(project):
        context.note(warning)
