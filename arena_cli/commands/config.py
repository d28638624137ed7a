"""`arena config`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from arena_cli.context import current_context, set_output
from arena_cli.render.unit import plural

Format = Literal["yaml", "json"]


def config(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether it is valid, or list every problem.")
    ] = False,
    services: Annotated[bool, typer.Option("--services", help="Only the names of services, one a line.")] = False,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Do not mask values that look secret.")] = False,
    output: Annotated[
        Format, typer.Option("-o", "--output", help="How to write it.", callback=set_output, is_eager=True)
    ] = "yaml",
) -> None:
    """Check arena.yaml and show it complete.

    Variables are filled in, files merged and defaults written out. The exit code is 3 if there is any problem.
    """
    context = current_context()
    project = context.project()
    if check:
        context.note(f"{', '.join(project.files)}: valid, {plural(len(project.services), 'service')}")
    elif services:
        context.show(*(service.name for service in project.services))
    else:
        from arena.config.present import render

        context.write(render(project, output, show_secrets=show_secrets))
