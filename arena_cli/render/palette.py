"""The few colours of the program, by meaning. Sixteen-colour names, so that a terminal's own theme decides the shade."""

from __future__ import annotations

GOOD = "green"
BUSY = "yellow"
BAD = "red"
FAINT = "bright_black"
ACCENT = "cyan"
STRONG = "bold"

INSTANCES = (
    "cyan",
    "magenta",
    "green",
    "yellow",
    "blue",
    "bright_cyan",
    "bright_magenta",
    "bright_green",
    "bright_yellow",
)

STATES = {
    "healthy": GOOD,
    "running": GOOD,
    "completed": GOOD,
    "starting": BUSY,
    "pending": FAINT,
    "restarting": BUSY,
    "stopping": BUSY,
    "unhealthy": BAD,
    "failed": BAD,
    "stopped": FAINT,
    "external": ACCENT,
}


def instance_colours(names: list[str]) -> dict[str, str]:
    """A colour per instance: the same for the same project on every run, and no two neighbours alike."""
    return {name: INSTANCES[index % len(INSTANCES)] for index, name in enumerate(sorted(set(names)))}
