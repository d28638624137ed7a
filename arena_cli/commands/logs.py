"""`arena logs`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from arena_cli.context import current_context
from arena_cli.options import OutputOption, Services
from arena_cli.parse import moment


async def logs(
    services: Services = None,
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Stay, and show what comes.")] = False,
    tail: Annotated[
        int | None,
        typer.Option("-n", "--tail", metavar="N", min=0, help="Only the last so many lines.", show_default=False),
    ] = None,
    since: Annotated[
        str,
        typer.Option("--since", metavar="TIME", help="From then on: 10m ago, or an RFC 3339 time.", show_default=False),
    ] = "",
    until: Annotated[
        str,
        typer.Option("--until", metavar="TIME", help="Up to then: 5m ago, or an RFC 3339 time.", show_default=False),
    ] = "",
    timestamps: Annotated[
        bool, typer.Option("-t", "--timestamps", help="Begin each line with its time, RFC 3339.")
    ] = False,
    trace: Annotated[
        str,
        typer.Option("--trace", metavar="ID", help="Only lines of this trace id or request id.", show_default=False),
    ] = "",
    no_log_prefix: Annotated[
        bool, typer.Option("--no-log-prefix", help="Do not name the instance on each line.")
    ] = False,
    output: OutputOption = "table",
) -> None:
    """Show what services and components wrote.

    With `-o json` this is one array, or with `-f` one object a line; `fields` holds what a line that is JSON says besides.
    """
    from arena.model.logline import LogQuery
    from arena_cli import follow as lines

    now = time.time()
    query = LogQuery(
        services=tuple(services or ()),
        tail=tail,
        since=moment(since, now) if since else None,
        until=moment(until, now) if until else None,
        trace=trace,
        follow=follow,
    )
    context = current_context()
    async with context.client() as arena:
        if output == "json":
            count = await lines.print_json(arena, query)
        else:
            printer = await lines.printer(arena, context, prefix=not no_log_prefix, times=timestamps)
            count = await lines.print_lines(arena, query, printer)
    if trace and not count:
        context.note(f"no line carries the trace id or request id {trace!r}")
