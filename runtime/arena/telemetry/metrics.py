"""Counters cheap enough for every request, and the page Prometheus reads.

Counting is a list index and an addition; the text is made only when somebody asks. Names follow
https://prometheus.io/docs/practices/naming/, the page its text format 0.0.4.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LATENCY_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

Labels = Mapping[str, str]


class Histogram:
    """How many observations fell at or below each bound. Seconds, unless its name says otherwise."""

    __slots__ = ("bounds", "buckets", "total")

    def __init__(self, bounds: tuple[float, ...] = LATENCY_BOUNDS) -> None:
        self.bounds = bounds
        self.buckets = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.buckets[bisect_left(self.bounds, value)] += 1
        self.total += value


class Page:
    """A metrics page in the making: families in the order they are added."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def counter(self, name: str, help_text: str, samples: Iterable[tuple[Labels, float]]) -> None:
        """Numbers that only grow; `name` ends with `_total`."""
        self._family(name, "counter", help_text, samples)

    def gauge(self, name: str, help_text: str, samples: Iterable[tuple[Labels, float]]) -> None:
        """Numbers that go up and down."""
        self._family(name, "gauge", help_text, samples)

    def histogram(self, name: str, help_text: str, samples: Iterable[tuple[Labels, Histogram]]) -> None:
        """Distributions, with cumulative buckets as Prometheus wants them."""
        self._header(name, "histogram", help_text)
        for labels, histogram in samples:
            count = 0
            for bound, hits in zip((*histogram.bounds, float("inf")), histogram.buckets, strict=True):
                count += hits
                self._sample(f"{name}_bucket", {**labels, "le": _number(bound)}, count)
            self._sample(f"{name}_sum", labels, histogram.total)
            self._sample(f"{name}_count", labels, count)

    def text(self) -> str:
        """The page so far."""
        return "\n".join(self._lines) + "\n"

    def _family(self, name: str, kind: str, help_text: str, samples: Iterable[tuple[Labels, float]]) -> None:
        self._header(name, kind, help_text)
        for labels, value in samples:
            self._sample(name, labels, value)

    def _header(self, name: str, kind: str, help_text: str) -> None:
        escaped = help_text.replace("\\", "\\\\").replace("\n", "\\n")
        self._lines += [f"# HELP {name} {escaped}", f"# TYPE {name} {kind}"]

    def _sample(self, name: str, labels: Labels, value: float) -> None:
        inner = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
        self._lines.append(f"{name}{{{inner}}} {_number(value)}" if inner else f"{name} {_number(value)}")


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(value)
