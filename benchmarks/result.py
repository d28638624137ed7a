"""What a run found: plain values, written to JSON and read by the report, the docs and the chart."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """One wrk run. `cpu_seconds` is what the contender's process used meanwhile; times in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def busy(self) -> float:
        """Share of one core the contender used: well under 1 means that the load, or a neighbour, was the limit."""
        return self.cpu_seconds / self.seconds

    @property
    def rate_per_core(self) -> float:
        """Requests for each second of the contender's own processor time: what a noisy neighbour hardly moves."""
        return self.requests / max(self.cpu_seconds, 1e-9)


@dataclass(frozen=True, slots=True)
class Entry:
    """One contender's part in a run. `problem` says why there are no (trustworthy) samples: missing, or broken. `against` names
    the entry of Arena's that it is compared with."""

    name: str
    title: str
    does: tuple[str, ...] = ()
    version: str = ""
    problem: str = ""
    samples: tuple[Sample, ...] = ()
    rss_bytes: int = 0
    against: str = "arena"

    @property
    def usable(self) -> bool:
        return bool(self.samples) and not self.problem

    def median(self, figure: str) -> float:
        """The median over the rounds of one of Sample's figures, by name."""
        return float(median(getattr(sample, figure) for sample in self.samples))


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value that is no contender's rate: a time, a size. `value` None means not measured, and `note` why; else it
    says how. Figures of one `group` stand together in the report, those without one first."""

    name: str
    value: float | None
    unit: str
    note: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A whole run. `at` is the UTC date and time, `machine` and `tools` describe where and with what."""

    at: str
    machine: dict[str, str]
    seconds: int
    rounds: int
    connections: int
    entries: tuple[Entry, ...] = ()
    figures: tuple[Figure, ...] = field(default=())

    def entry(self, name: str) -> Entry | None:
        """The contender of that name, if it ran to the end and can be trusted."""
        return next((entry for entry in self.entries if entry.name == name and entry.usable), None)

    def figure(self, name: str) -> Figure | None:
        return next((figure for figure in self.figures if figure.name == name), None)


def ratio(result: Result, ours: str, theirs: str, figure: str = "rate") -> float | None:
    """Median over the rounds of ours divided by theirs in the same round; None when either is not there."""
    us, them = result.entry(ours), result.entry(theirs)
    if us is None or them is None:
        return None
    pairs = zip(us.samples, them.samples, strict=True)
    return float(median(getattr(one, figure) / getattr(other, figure) for one, other in pairs))


def as_json(result: Result) -> str:
    return json.dumps(dataclasses.asdict(result), indent=1)


def save(result: Result, folder: Path) -> Path:
    """Write the result under its date, and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{result.at.replace(':', '').replace(' ', 'T')}.json"
    file.write_text(as_json(result) + "\n")
    return file
