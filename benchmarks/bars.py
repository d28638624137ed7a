"""What Arena promises, beside what was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks.measures import bodies, idle, routes, startup
from benchmarks.result import Result, ratio

State = Literal["met", "not met", "not measured"]


@dataclass(frozen=True, slots=True)
class Bar:
    """`measure` reads the figure from a result, None when it is not there. `at_least`: more is better."""

    what: str
    target: float
    unit: str
    at_least: bool
    measure: Callable[[Result], float | None]

    @property
    def promise(self) -> str:
        """`≥ 1.3 ×`."""
        return f"{'≥' if self.at_least else '≤'} {self.target:g} {self.unit}"

    def state(self, result: Result) -> State:
        value = self.measure(result)
        if value is None:
            return "not measured"
        return "met" if (value >= self.target) == self.at_least or value == self.target else "not met"


def _ratio(theirs: str, figure: str = "rate", ours: str = "arena") -> Callable[[Result], float | None]:
    return lambda result: ratio(result, ours, theirs, figure)


def _figure(name: str, scale: float = 1.0) -> Callable[[Result], float | None]:
    def read(result: Result) -> float | None:
        figure = result.figure(name)
        return None if figure is None or figure.value is None else figure.value / scale

    return read


def _rss(result: Result) -> float | None:
    entry = result.entry("arena")
    return entry.rss_bytes / 1e6 if entry else None


BARS: tuple[Bar, ...] = (
    Bar("requests a second, Arena ÷ Envoy", 2.0, "×", True, _ratio("envoy")),
    Bar("requests a second, Arena ÷ HAProxy", 0.75, "×", True, _ratio("haproxy")),
    Bar("requests a second, Arena ÷ Traefik", 4.0, "×", True, _ratio("traefik")),
    Bar("requests a second, Arena ÷ Caddy bare", 3.0, "×", True, _ratio("caddy")),
    Bar("chat completions a second, Arena ÷ LiteLLM", 100.0, "×", True, _ratio("litellm", ours="arena-chat")),
    Bar("p99, Arena ÷ Envoy", 1.0, "×", False, _ratio("envoy", "p99")),
    Bar("gateway memory after the load", 80, "MB", False, _rss),
    Bar("memory of an idle connection", 20, "kB", False, _figure(idle.NAME, 1e3)),
    Bar("arena --help", 150, "ms", False, _figure(startup.HELP)),
    Bar("arena up -d until all is healthy", 4, "s", False, _figure(startup.UP)),
    Bar("1,000 routes × 10 endpoints ÷ 10 × 2 (no slower)", 0.97, "×", True, _figure(routes.NAME)),
    Bar(bodies.GROWN, 10, "MB", False, _figure(bodies.GROWN)),
)
