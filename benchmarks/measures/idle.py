"""What an idle keep-alive connection costs the gateway in memory."""

from __future__ import annotations

import contextlib
import http.client
import math
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import check
from benchmarks.ask import ITEM
from benchmarks.contenders.arena import ARENA
from benchmarks.contenders.base import Missing
from benchmarks.contenders.nginx import ORIGIN
from benchmarks.pin import Cores
from benchmarks.process import Broken, await_port, free_port, running
from benchmarks.result import Figure
from benchmarks.site import Keys, Site

NAME = "idle connection"
_CONNECTIONS = 10_000
_LEAST = 1000
_SPARE_FILES = 100  # logs, the listener, the interpreter's own
_EVENNESS = 0.9  # the kernel deals connections out among workers, but not to the letter


def measure(folder: Path, cores: Cores) -> tuple[Figure, ...]:
    """Bytes of the gateway's resident memory for each of 10,000 connections that asked once and then kept quiet, or as many
    as this process may hold. Where one worker of the gateway may not hold as many, it has more.

    Each asks a second time at the end, so that a connection the gateway dropped cannot count as cheap. Buffers in the
    kernel are not in this figure.
    """
    try:
        crowd = _allowed()
        each = _bytes_each(folder, cores, crowd)
    except (Missing, Broken, OSError) as error:
        return (Figure(NAME, None, "bytes", f"not measured: {error}"),)
    return (Figure(NAME, each, "bytes", f"{crowd}, each answered twice"),)


@dataclass(frozen=True, slots=True)
class _Crowd:
    """How many connections, to how many workers of the gateway, where a process may open so many files."""

    connections: int
    workers: int
    files: int

    def __str__(self) -> str:
        limit = f", because a process may open {self.files:,} files (ulimit -Hn)"
        short = limit if self.connections < _CONNECTIONS else ""
        return f"{self.connections:,} held" + (f" by {self.workers} workers{limit}" if self.workers > 1 else short)


def _bytes_each(folder: Path, cores: Cores, crowd: _Crowd) -> float:
    keys = Keys()
    origin = Site(folder / "idle-origin", free_port(), 0, keys.secret)
    site = Site(folder / "idle-gateway", free_port(), origin.port, keys.secret)
    ARENA.version()
    for place in (origin, site):
        place.folder.mkdir()
    with (
        running(ORIGIN.launch(origin), origin.output, cores.load) as behind,
        running(_gateway(site, crowd.workers), site.output, cores.proxy) as gateway,
    ):
        await_port(behind, origin.port)
        await_port(gateway, site.port)
        check.before(ARENA, site, keys)
        with contextlib.ExitStack() as stack:
            before = gateway.rss_bytes()
            held = [_open(site, keys.good(), stack) for _ in range(crowd.connections)]
            grown = gateway.rss_bytes() - before
            for connection in held:
                _ask(connection, keys.good())
    return grown / crowd.connections


def _gateway(site: Site, workers: int) -> tuple[str, ...]:
    crew = (sys.executable, "-m", "benchmarks.crew", str(site.port), str(workers))
    return (*crew, *ARENA.launch(site)) if workers > 1 else ARENA.launch(site)


def _open(site: Site, token: str, stack: contextlib.ExitStack) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    stack.callback(connection.close)
    _ask(connection, token)
    connection.auto_open = 0  # a second request must not quietly dial again
    return connection


def _ask(connection: http.client.HTTPConnection, token: str) -> None:
    try:
        connection.request("GET", ITEM.path, headers={"Authorization": f"Bearer {token}"})
        reply = connection.getresponse()
        reply.read()
    except (OSError, http.client.HTTPException) as error:
        raise Broken(f"an idle connection was lost: {error!r}") from error
    if reply.status != 200:
        raise Broken(f"an idle connection got {reply.status}")


def _allowed() -> _Crowd:
    """As many as this process may hold. A worker of the gateway takes as many as half of its files, because each may need one
    upstream. Raises OSError when that is not worth measuring."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY:
        return _Crowd(_CONNECTIONS, 1, hard)
    count = min(_CONNECTIONS, hard - _SPARE_FILES)
    if count < _LEAST:
        raise OSError(f"{_LEAST} connections need {_LEAST + _SPARE_FILES} open files; the limit is {hard} (ulimit -Hn)")
    each = hard // 2 - _SPARE_FILES
    return _Crowd(count, 1 if count <= each else math.ceil(count / (each * _EVENNESS)), hard)
