"""`arena cache purge`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena_cli.context import current_context
from arena_cli.options import OutputOption
from arena_cli.parse import purge as wanted


async def purge(
    url: Annotated[
        str | None,
        typer.Argument(
            metavar="[URL]",
            help="A path with its query, as /hats?size=9, of any host; or a whole URL.",
            show_default=False,
        ),
    ] = None,
    *,
    prefix: Annotated[
        bool, typer.Option("--prefix", help="All the paths below it too, with whatever query.", show_default=False)
    ] = False,
    route: Annotated[
        str | None, typer.Option("--route", metavar="NAME", help="Of this route alone.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything.", show_default=False)] = False,
    output: OutputOption = "table",
) -> None:
    """Forget kept replies: all, a route's, or those of a URL.

    It holds on every gateway worker and in the state store when the command returns; a reply that was on its way
    meanwhile is not kept.
    """
    from arena_cli.render import cache

    what = wanted(url, prefix, route, everything)
    context = current_context()
    async with context.client() as arena:
        rows = await arena.purge(what)
    if output == "json":
        context.write(cache.as_json(rows))
    else:
        context.show(cache.purged(rows))
