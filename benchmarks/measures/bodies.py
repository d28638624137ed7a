"""Bodies of three sizes each way: how much passes in a second, and that nothing of it stays."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

from benchmarks.ask import Ask
from benchmarks.contenders import arena
from benchmarks.contenders.base import Contender, Missing
from benchmarks.load import CONNECTIONS
from benchmarks.measures.compare import bare, gateway
from benchmarks.pin import Cores
from benchmarks.process import Broken
from benchmarks.result import Figure
from benchmarks.rounds import Lane, Track

GROUP = "Bodies"
GROWN = "memory grown by 10 MB bodies, both ways"
_SIZES = {"1 kB": 1_000, "100 kB": 100_000, "10 MB": 10_000_000}
_SECONDS = 3
_ROUTE = replace(arena.FULL, max_body_bytes=64_000_000)


def measure(folder: Path, cores: Cores) -> tuple[Figure, ...]:
    """MB/s, and per second of the gateway's own processor time, through a gateway with everything on. Four connections for
    the largest, because the load and the origin share a core."""
    place = folder / "bodies"
    place.mkdir()
    try:
        with contextlib.ExitStack() as stack:
            return _run(Track(place, cores, stack))
    except (Missing, Broken) as error:
        return (Figure(GROUP, None, "MB/s", f"not measured: {error}", GROUP),)


def _run(track: Track) -> tuple[Figure, ...]:
    figures = []
    files = track.origin.site.folder / "files"
    files.mkdir()
    grown = 0.0
    for label, size in _SIZES.items():
        (files / f"{size}").write_bytes(b"x" * size)
        connections = CONNECTIONS if size < 1_000_000 else 4
        lanes = (track.enter(_down(size)), track.enter(_up(size)))
        for lane, way in zip(lanes, ("replies", "requests"), strict=True):
            track.sample(lane, 1, connections)
            before = lane.process.rss_bytes()
            figures.append(_rate(track, lane, f"{label} {way}", size, connections))
            if size == max(_SIZES.values()):
                grown = max(grown, (lane.process.rss_bytes() - before) / 1e6)
    note = f"the greater of both ways, {_SECONDS} s after a warm-up"
    return (*figures, Figure(GROWN, grown, "MB", note, GROUP))


def _rate(track: Track, lane: Lane, name: str, size: int, connections: int) -> Figure:
    got = track.sample(lane, _SECONDS, connections)
    per_core = got.rate_per_core * size / 1e6
    note = f"{per_core:,.0f} MB per core-second, gateway {lane.process.rss_bytes() / 1e6:.0f} MB, {connections} connections"
    return Figure(name, got.rate * size / 1e6, "MB/s", note, GROUP)


def _down(size: int) -> Contender:
    return gateway(f"down-{size}", bare(_ROUTE), asked=Ask(f"/files/{size}", lambda body: len(body) == size))


def _up(size: int) -> Contender:
    """The check before sends no body; wrk does."""
    asked = Ask("/read", bool, "POST", lua=f'wrk.body = string.rep("x", {size})')
    return gateway(f"up-{size}", bare(_ROUTE), asked=asked)
