"""The throughput measure: every contender up at once, loaded in turn, round after round."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import check, load
from benchmarks.contenders.base import Contender, Missing
from benchmarks.contenders.nginx import ORIGIN
from benchmarks.pin import Cores
from benchmarks.process import Broken, Running, await_port, free_port, running
from benchmarks.result import Entry, Sample
from benchmarks.site import Keys, Site

Say = Callable[[str], None]
_WARM_UP = 1  # seconds: connections dialled, caches and branch predictors warm
_UNCOUNTED = 64  # requests of the checks and of waiting for a port, per contender


class Lane:
    """One contender, running, with what it has served so far."""

    def __init__(self, contender: Contender, site: Site, process: Running, version: str) -> None:
        self.contender = contender
        self.site = site
        self.process = process
        self.entry = Entry(contender.name, contender.title, contender.does, version, against=contender.against)
        self.served = 0
        self.runs = 0
        self.script = site.folder / "wrk.lua"
        self.script.write_text(contender.asked.script())

    def sample(self, origin: int, keys: Keys, seconds: int, core: int, connections: int) -> Sample:
        """Load it once. Raises Broken for a failed request, a dead process, or connections not kept."""
        seen = check.origin_count(origin)
        cpu = self.process.cpu_seconds()
        url, token = self.site.url + self.contender.asked.path, self.contender.credential(keys)
        got = load.run(url, token, seconds, core, script=self.script, connections=connections)
        cpu = self.process.cpu_seconds() - cpu
        self.process.require_alive()
        self.served += got.requests
        self.runs += 1
        if self.contender.proxies:
            check.reuse(seen, check.origin_count(origin), got.requests)
        return Sample(got.requests, got.seconds, got.p50, got.p99, cpu)

    def fail(self, error: Exception) -> None:
        self.entry = replace(self.entry, problem=f"broken: {error}")

    def check_log(self) -> None:
        """Count its access log, after it has ended and written everything."""
        if self.contender.logged and self.entry.usable:
            file = self.site.output if self.contender.logs_to_output else self.site.access_log
            try:
                check.log(file, self.served, slack=_UNCOUNTED + self.runs * load.CONNECTIONS)
            except Broken as error:
                self.fail(error)


class Track:
    """Where the contenders run: the origin is up, and each lane beside it has shown that it does its work."""

    def __init__(self, folder: Path, cores: Cores, stack: contextlib.ExitStack) -> None:
        self.cores = cores
        self.keys = Keys()
        self._folder = folder
        self._stack = stack
        self.origin = self._start(ORIGIN, 0, cores.load)

    def enter(self, contender: Contender) -> Lane:
        """Start a contender and check it. Raises Missing, Broken."""
        if contender is ORIGIN:
            return self.origin
        lane = self._start(contender, self.origin.site.port, self.cores.proxy)
        check.before(contender, lane.site, self.keys)
        return lane

    def sample(self, lane: Lane, seconds: int, connections: int = load.CONNECTIONS) -> Sample:
        """Load one lane while the others rest. Raises Broken."""
        return lane.sample(self.origin.site.port, self.keys, seconds, self.cores.load, connections)

    def _start(self, contender: Contender, origin: int, core: int) -> Lane:
        version = contender.version()
        site = Site(self._folder / contender.name, free_port(), origin, self.keys.secret)
        site.folder.mkdir()
        cores = (core,) if contender.pinned else (self.cores.proxy, self.cores.load)
        process = self._stack.enter_context(running(contender.launch(site), site.output, *cores))
        await_port(process, site.port, contender.patience)
        return Lane(contender, site, process, version)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long: `rounds` samples of `seconds` for each contender."""

    seconds: int
    rounds: int


def measure(roster: tuple[Contender, ...], folder: Path, cores: Cores, pace: Pace, say: Say) -> tuple[Entry, ...]:
    """Sample every contender that can be found; the entries come back in the order of the roster."""
    absent: dict[str, Entry] = {}
    lanes: list[Lane] = []
    with contextlib.ExitStack() as stack:
        try:
            track = Track(folder, cores, stack)
        except (Missing, Broken) as error:  # without an origin nobody can run
            return tuple(_absent(contender, error) for contender in roster)
        for contender in roster:
            try:
                lanes.append(track.enter(contender))
            except (Missing, Broken) as error:
                absent[contender.name] = _absent(contender, error)
        _run(track, lanes, pace, say)
    for lane in lanes:
        lane.check_log()
    entries = absent | {lane.entry.name: lane.entry for lane in lanes}
    return tuple(entries[contender.name] for contender in roster)


def _absent(contender: Contender, error: Missing | Broken) -> Entry:
    kind = "missing" if isinstance(error, Missing) else "broken"
    return Entry(contender.name, contender.title, contender.does, problem=f"{kind}: {error}")


def _run(track: Track, lanes: list[Lane], pace: Pace, say: Say) -> None:
    """Round 0 warms up and is not kept."""
    for number in range(pace.rounds + 1):
        for lane in lanes:
            if not lane.entry.problem:
                got = _try(track, lane, pace.seconds if number else _WARM_UP, say)
                if got is not None and number:
                    lane.entry = replace(lane.entry, samples=(*lane.entry.samples, got))
                    say(f"round {number}: {lane.entry.title:<24} {got.rate:>9,.0f} req/s")
    for lane in lanes:
        if lane.entry.usable:
            lane.entry = replace(lane.entry, rss_bytes=lane.process.rss_bytes())


def _try(track: Track, lane: Lane, seconds: int, say: Say) -> Sample | None:
    """A contender that breaks leaves the run; the others go on."""
    try:
        return track.sample(lane, seconds)
    except Broken as error:
        lane.fail(error)
        say(f"{lane.entry.title}: {lane.entry.problem}")
        return None
