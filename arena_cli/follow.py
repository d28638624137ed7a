"""Prints log lines as they come, as lines for people or JSON for programs."""

from __future__ import annotations

import contextlib
import sys

from arena.control.client import Client
from arena.model.logline import LogQuery
from arena_cli.context import Context
from arena_cli.render import logline


async def print_lines(client: Client, query: LogQuery, printer: logline.Printer) -> int:
    """Print what `query` finds for people, and return how many lines that is; with `follow` until the daemon ends or the
    caller is cancelled."""
    count = 0
    async with contextlib.aclosing(client.logs(query)) as lines:
        async for line in lines:
            _write(printer.line(line), flush=query.follow)
            count += 1
    return count


async def print_json(client: Client, query: LogQuery) -> int:
    """As `print_lines`: one object a line while following, one array otherwise."""
    count = 0
    async with contextlib.aclosing(client.logs(query)) as lines:
        async for line in lines:
            text = logline.as_json(line)
            _write(text, flush=True) if query.follow else _write(("," if count else "[") + "\n  " + text, end="")
            count += 1
    if not query.follow:
        _write("\n]" if count else "[]")
    return count


async def printer(client: Client, context: Context, *, prefix: bool = True, times: bool = False) -> logline.Printer:
    """A printer that knows every instance of the project, so that prefixes are aligned from the first line."""
    names = [row.instance for row in await client.rows(True)]
    return logline.Printer(names, context.colour(sys.stdout), prefix, times)


def _write(text: str, end: str = "\n", flush: bool = False) -> None:
    sys.stdout.write(text + end)
    if flush:
        sys.stdout.flush()
