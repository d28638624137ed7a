"""Gateways of ours that differ in one thing, loaded in turn within each round, so that a busy machine hits all alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from arena.model.gateway import GatewaySpec
from arena.model.route import Route
from benchmarks import rounds
from benchmarks.ask import ITEM, Ask
from benchmarks.contenders import arena
from benchmarks.contenders.base import Contender
from benchmarks.pin import Cores
from benchmarks.process import Broken
from benchmarks.result import Entry
from benchmarks.site import Site

Told = Callable[[Site], GatewaySpec]


def gateway(name: str, told: Told, *, asked: Ask = ITEM, endpoints: int = 1) -> Contender:
    """A gateway that is told what `told` says."""
    return Contender(
        name=name,
        title=name,
        does=(),
        version=arena.version,
        launch=lambda site: arena.command(site, told(site), endpoints),
        asked=asked,
    )


def bare(route: Route = arena.BARE, *, access_log: bool = False) -> Told:
    """The spec of one route."""
    return lambda site: arena.spec(site, (route,), access_log=access_log)


def sample(contenders: tuple[Contender, ...], folder: Path, cores: Cores, pace: rounds.Pace) -> dict[str, Entry]:
    """Load each in every round. Raises Broken when one of them cannot be used: alone, the others say nothing."""
    folder.mkdir()
    entries = rounds.measure(contenders, folder, cores, pace, lambda _: None)
    for entry in entries:
        if entry.problem:
            raise Broken(f"{entry.name}: {entry.problem}")
    return {entry.name: entry for entry in entries}


def quotient(one: Entry, other: Entry, figure: str) -> float:
    """Median over the rounds of a figure of `one` divided by that of `other`."""
    pairs = zip(one.samples, other.samples, strict=True)
    return float(median(getattr(mine, figure) / getattr(theirs, figure) for mine, theirs in pairs))


def with_lines(ask: Ask, lua: str) -> Ask:
    """The same request, and more for wrk to do."""
    return replace(ask, lua=lua)
