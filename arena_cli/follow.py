"""Prints log lines as they come, as lines for people or JSON for programs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator

from arena.control.client import Client
from arena.model.logline import LogLine, LogQuery
from arena_cli.context import Context
from arena_cli.render import logline


async def print_lines(client: Client, query: LogQuery, printer: logline.Printer) -> None:
    """Print what `query` finds for people; with `follow` until the daemon ends or the caller is cancelled."""
    async with contextlib.aclosing(client.logs(query)) as lines:
        async for line in lines:
            _write(printer.line(line), flush=query.follow)


async def print_json(client: Client, query: LogQuery) -> None:
    """One object a line while following; one array otherwise."""
    async with contextlib.aclosing(client.logs(query)) as lines:
        if query.follow:
            async for line in lines:
                _write(logline.as_json(line), flush=True)
        else:
            await _write_array(lines)


async def printer(client: Client, context: Context, *, prefix: bool = True, times: bool = False) -> logline.Printer:
    """A printer that knows every instance of the project, so that prefixes are aligned from the first line."""
    names = [row.instance for row in await client.rows(True)]
    return logline.Printer(names, context.colour(sys.stdout), prefix, times)


async def _write_array(lines: AsyncIterator[LogLine]) -> None:
    before = "["
    async for line in lines:
        _write(before + "\n  " + logline.as_json(line), end="")
        before = ","
    _write("[]" if before == "[" else "\n]")


def _write(text: str, end: str = "\n", flush: bool = False) -> None:
    sys.stdout.write(text + end)
    if flush:
        sys.stdout.flush()
