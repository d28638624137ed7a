"""What every instance is doing while a call runs, from its events: live lines on a terminal, one line per change elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.text import Text

from arena.model.event import Event, EventName
from arena_cli.render import unit
from arena_cli.render.palette import BAD, BUSY, FAINT, GOOD

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAMES_PER_SECOND = 10

# What an instance is after an event, and whether that settles it ("" settles nothing: it still moves).
_PHASES: dict[EventName, tuple[str, str]] = {
    "planned": ("pending", ""),
    "waited": ("waiting", ""),
    "started": ("starting", ""),
    "restarted": ("starting", ""),
    "adopted": ("running", GOOD),
    "reloaded": ("reloaded", GOOD),
    "healthy": ("healthy", GOOD),
    "completed": ("completed", GOOD),
    "unhealthy": ("unhealthy", ""),
    "exited": ("exited", ""),
    "gave_up": ("failed", BAD),
    "failed": ("failed", BAD),
    "stopping": ("stopping", ""),
    "stopped": ("stopped", GOOD),
    "killed": ("killed", BAD),
}


@dataclass(slots=True)
class Part:
    """One instance: its phase, the events' own words about it, since when (Unix seconds), and the colour if settled."""

    name: str
    workload: str
    phase: str
    since: float
    detail: str = ""
    settled: str = ""
    began: float = 0.0

    def seconds(self, now: float) -> float:
        return max(0.0, (self.since if self.settled else now) - self.began)


@dataclass(slots=True)
class Board:
    """All instances that an event has named so far, in the order they were named. `unprobed` names the services without
    a health check: nothing more is heard of them once they have started, and nobody waits for more."""

    unprobed: frozenset[str] = frozenset()
    parts: dict[str, Part] = field(default_factory=dict)

    def apply(self, event: Event) -> list[Part]:
        """Take note of an event; the parts it changed. An event without an instance is about all that are not settled."""
        if event.name not in _PHASES or not (event.instance or event.workload):
            return []
        phase, settled = _PHASES[event.name]
        if phase == "starting" and event.workload in self.unprobed:
            phase, settled = "running", GOOD
        parts = self._meant(event)
        for part in parts:
            if phase in ("starting", "stopping") or event.name == "started":
                part.began = event.at
            part.phase, part.settled, part.since = phase, settled, event.at
            part.detail = "" if settled == GOOD or phase == "starting" else event.detail
        return parts

    def _meant(self, event: Event) -> list[Part]:
        if not event.instance:
            parts = [part for part in self.parts.values() if part.workload == event.workload]
            if parts:
                return [part for part in parts if not part.settled]
        name = event.instance or event.workload
        return [self.parts.setdefault(name, Part(name, event.workload, "", event.at, began=event.at))]

    def lines(self, now: float) -> Text:
        """Every part on a line of its own, with a mark, its phase, its seconds, and what is wrong or waited for."""
        width = max((len(part.name) for part in self.parts.values()), default=0)
        return Text("\n").join(_line(part, width, now) for part in self.parts.values())

    def waiting(self, now: float) -> str:
        """One sentence that names what is not ready: "waiting for web-1 (starting, 1.2 s)"; "" when all is."""
        open_parts = [part for part in self.parts.values() if not part.settled]
        if not open_parts:
            return ""
        return "waiting for " + ", ".join(f"{p.name} ({p.phase}, {p.seconds(now):.1f} s)" for p in open_parts)


def change(part: Part) -> str:
    """One plain line about what just happened to `part`."""
    took = f" ({unit.seconds(part.seconds(part.since))})" if part.settled and part.phase != "running" else ""
    return f"{part.name} {part.phase}{took}" + (f": {part.detail}" if part.detail else "")


def _line(part: Part, width: int, now: float) -> Text:
    mark, colour = _mark(part, now)
    time = f"{part.seconds(now):.1f} s" if part.phase != "pending" else ""
    text = Text.assemble(f" {mark} {part.name:<{width}}  ", (f"{part.phase:<10}", colour), f"{time:>8}")
    text.stylize(colour, 1, 2)
    if part.detail:
        text.append(f"   {part.detail}", FAINT)
    return text


def _mark(part: Part, now: float) -> tuple[str, str]:
    if part.settled:
        return ("✗" if part.settled == BAD else "✓"), part.settled
    if part.phase == "pending":
        return "·", FAINT
    return FRAMES[int(now * _FRAMES_PER_SECOND) % len(FRAMES)], BAD if part.phase == "unhealthy" else BUSY
