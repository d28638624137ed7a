"""Every measure by the word for `--only`, in the order of the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.measures import bodies, costs, idle, routes, startup, stream, workers
from benchmarks.pin import Cores
from benchmarks.result import Figure

Measure = Callable[[Path, Cores], tuple[Figure, ...]]

MEASURES: dict[str, Measure] = {
    "help": startup.measure_help,
    "up": startup.measure_up,
    "idle": idle.measure,
    "routes": routes.measure,
    "workers": workers.measure,
    "stream": stream.measure,
    "bodies": bodies.measure,
    "costs": costs.measure,
}
