"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from arena_cli.complete import complete_service
from arena_cli.context import Output, set_output
from arena_cli.parse import duration

Services = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SERVICE...]",
        help="Services to act on; all when none is named.",
        autocompletion=complete_service,
        show_default=False,
    ),
]
OneService = Annotated[
    str, typer.Argument(metavar="SERVICE", help="The service to wait for.", autocompletion=complete_service)
]
BreakerOf = Annotated[
    str | None,
    typer.Argument(
        metavar="[SERVICE[/INSTANCE]]",
        help="web, or web/web-2 for one instance.",
        autocompletion=complete_service,
        show_default=False,
    ),
]
RouteBreaker = Annotated[
    str | None,
    typer.Option("--route", metavar="NAME", help="A route that has a breaker, instead.", show_default=False),
]
OutputOption = Annotated[
    Output,
    typer.Option(
        "-o", "--output", help="A table for people, or JSON for programs.", callback=set_output, is_eager=True
    ),
]
Grace = Annotated[
    float | None,
    typer.Option(
        "-t",
        "--timeout",
        metavar="SECONDS",
        parser=duration,
        help="How long each may take to stop before it is killed; its own stop_grace_period by default.",
        show_default=False,
    ),
]
