"""`arena chaos`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena_cli.context import current_context
from arena_cli.exits import EXITS
from arena_cli.options import OutputOption
from arena_cli.parse import duration, place


async def chaos(
    where: Annotated[
        str,
        typer.Argument(
            metavar="SERVICE[/INSTANCE]", help="web; or web/web-2 for --kill and --pause.", show_default=False
        ),
    ],
    *,
    delay: Annotated[
        float | None,
        typer.Option(
            "--delay", metavar="DURATION", parser=duration, help="Requests wait, such as 200ms.", show_default=False
        ),
    ] = None,
    abort: Annotated[
        int | None,
        typer.Option(
            "--abort", metavar="STATUS", min=400, max=599, help="Requests fail with this status.", show_default=False
        ),
    ] = None,
    percent: Annotated[
        float, typer.Option("--percent", metavar="N", min=0.01, max=100.0, help="Of how many of a hundred requests.")
    ] = 100.0,
    kill: Annotated[bool, typer.Option("--kill", help="Kill an instance (SIGKILL); Arena starts it again.")] = False,
    pause: Annotated[
        bool, typer.Option("--pause", help="Let an instance stand still (SIGSTOP), and go on at the end.")
    ] = False,
    seconds: Annotated[
        float, typer.Option("--for", metavar="DURATION", parser=duration, help="How long; an hour at most.")
    ] = 30.0,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
    output: OutputOption = "table",
) -> None:
    """Let something go wrong with a service for a while.

    At the end it says what came to the traffic meanwhile. It is put right at the end, at Ctrl-C, and also if this command is
    killed. Requests that meet a delay or an abort are marked in their replies (`x-arena-fault`), the access log and the
    metrics.
    """
    import asyncio
    import signal

    from arena.errors import UsageError
    from arena.model.resilience import Fault
    from arena_cli.chaos import Plan, carry_out, check, rows_of
    from arena_cli.render import chaos as render

    service, instance = place(where)
    if percent != 100.0 and not (delay or abort):
        raise UsageError("--percent is of requests: a process is killed or paused, or not", hint="leave it out")
    fault = Fault(delay or 0.0, percent, abort or 0, percent) if delay or abort else None
    plan = Plan(service, instance, seconds, fault, kill, pause)
    check(plan)
    context = current_context()
    layout = context.layout()
    async with context.client(layout) as arena:
        rows = await rows_of(arena, plan)
        context.confirm(render.intent(plan), yes)
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
        found = await carry_out(arena, layout, plan, rows, stop)
    if output == "json":
        context.write(render.as_json(found))
    else:
        context.show(render.report(found))
    if stop.is_set():
        raise typer.Exit(EXITS["interrupted"])
