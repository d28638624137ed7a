"""What a second worker brings, on a machine where the load needs a core as well."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.contenders import arena
from benchmarks.contenders.base import Contender, Missing
from benchmarks.measures.compare import quotient, sample
from benchmarks.pin import Cores
from benchmarks.process import Broken
from benchmarks.result import Figure
from benchmarks.rounds import Pace
from benchmarks.site import Site

RATE = "two workers ÷ one, req/s"
SHARE = "two workers ÷ one, req/core-s"
_PACE = Pace(seconds=2, rounds=5)


def measure(folder: Path, cores: Cores) -> tuple[Figure, ...]:
    """Both as ratios. The workers may use every core and share them with wrk and the origin, which take about as much as one
    worker does: on two cores, the rate cannot double. Requests for each second of the gateway's own processor time show
    whether the workers hold each other up."""
    if cores.shared:
        return tuple(Figure(name, None, "×", "not measured: there is one core") for name in (RATE, SHARE))
    one, two = _workers("one", 1), _workers("two", 2)
    try:
        found = sample((one, two), folder / "workers", cores, _PACE)
    except (Missing, Broken) as error:
        return (Figure(RATE, None, "×", f"not measured: {error}"),)
    rate, share = (quotient(found["two"], found["one"], figure) for figure in ("rate", "rate_per_core"))
    return (
        Figure(RATE, rate, "×", "on two cores shared with wrk and the origin"),
        Figure(SHARE, share, "×", "1 when neither holds the other up; smaller batches make it less"),
    )


def _workers(name: str, count: int) -> Contender:
    def launch(site: Site) -> tuple[str, ...]:
        told = arena.spec(site, (arena.FULL,), access_log=True)
        command = arena.command(site, replace(told, settings=replace(told.settings, workers=count)))
        return (sys.executable, "-m", "benchmarks.crew", str(site.port), str(count), *command)

    return Contender(name, name, (), arena.version, launch, pinned=False)
