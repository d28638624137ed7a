"""Results to report on."""

from __future__ import annotations

import pytest

from benchmarks.measures import idle, startup
from benchmarks.result import Entry, Figure, Result, Sample


def entry(name: str, *rates: int, p99: float = 2.0, problem: str = "") -> Entry:
    samples = tuple(Sample(rate * 2, 2.0, 1.0, p99, 2.0) for rate in rates)
    return Entry(name, name.title(), ("forwarding",), "1.0", problem, samples, 50_000_000)


def result(*entries: Entry, figures: tuple[Figure, ...] = ()) -> Result:
    return Result("2026-01-02 03:04:05", {"processor": "two | cores"}, 2, 3, 32, entries, figures)


@pytest.fixture
def whole() -> Result:
    return result(
        entry("envoy", 10_000, 5_000, 10_000, p99=4.0),
        entry("arena", 20_000, 15_000, 22_000),
        entry("haproxy", 40_000, 40_000, 40_000, p99=1.0),
        figures=(
            Figure(startup.HELP, 93.0, "ms"),
            Figure(startup.UP, None, "s", "not measured: no daemon yet"),
            Figure(idle.NAME, 25_000.0, "bytes"),
        ),
    )
