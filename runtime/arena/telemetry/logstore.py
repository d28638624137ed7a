"""Answers questions about kept log lines. Reads the journals only, so it can move to a process of its own."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

from arena.model.logline import LogLine, LogQuery
from arena.telemetry.logfiles import Chain, Cursor
from arena.telemetry.logfilter import LogFilter, covers

_POLL_SECONDS = 0.1
_BATCH = 500


class LogStore:
    """The journals in `folder`, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tail(self, instance: str, count: int, since: float | None = None) -> tuple[str, ...]:
        """The last `count` lines of one instance, oldest first; empty for an instance never heard of. `since` in Unix
        seconds leaves out what was seen before."""
        chain = Chain(self._journal(instance))
        try:
            return tuple(line.text for line in _lines(chain, LogFilter(LogQuery(since=since), instance), count))
        finally:
            chain.close()

    async def query(self, query: LogQuery) -> AsyncGenerator[LogLine, None]:
        """The lines that `query` wants, in order of time. `tail` counts for each instance, as in Compose.

        With `follow` it goes on, through rotations and with instances that appear later, until the caller closes it.
        """
        chains = {name: Chain(self._journal(name)) for name in self._instances(query)}
        cursors = {name: chain.cursor() for name, chain in chains.items()}
        try:
            merged = heapq.merge(*(_wanted(chain, query, name) for name, chain in chains.items()), key=_time)
            while batch := await asyncio.to_thread(_take, merged):
                for line in batch:
                    yield line
        finally:
            for chain in chains.values():
                chain.close()
        while query.follow:
            for line in self._advance(query, cursors):
                yield line
            await asyncio.sleep(_POLL_SECONDS)

    def _advance(self, query: LogQuery, cursors: dict[str, Cursor]) -> list[LogLine]:
        found: list[LogLine] = []
        for name in self._instances(query):
            read = LogFilter(query, name).read
            entries = cursors.setdefault(name, Cursor()).advance(self._journal(name))
            found += filter(None, map(read, entries))
        return sorted(found, key=_time)

    def _instances(self, query: LogQuery) -> list[str]:
        names = (path.name.removesuffix(".log") for path in self._folder.glob("*.log"))
        return sorted(name for name in names if covers(query, name))

    def _journal(self, instance: str) -> Path:
        return self._folder / f"{instance}.log"


def _wanted(chain: Chain, query: LogQuery, instance: str) -> Iterator[LogLine]:
    """Read nothing before the first line is asked for: that happens in a thread."""
    yield from _lines(chain, LogFilter(query, instance), query.tail)


def _lines(chain: Chain, wanted: LogFilter, count: int | None) -> Iterator[LogLine]:
    if count is None:
        return filter(None, map(wanted.read, chain.entries()))
    newest = itertools.islice(filter(None, map(wanted.read, chain.entries_backwards())), count)
    return reversed(list(newest))


def _take(lines: Iterator[LogLine]) -> list[LogLine]:
    return list(itertools.islice(lines, _BATCH))


def _time(line: LogLine) -> float:
    return line.at
