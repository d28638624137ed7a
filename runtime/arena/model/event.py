"""What happened, as past participles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EventName = Literal[
    "planned", "waited", "started", "healthy", "unhealthy", "exited", "restarted", "reloaded",
    "gave_up", "stopping", "stopped", "killed", "completed", "adopted", "registered", "deregistered", "failed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """`at` is Unix seconds. `detail` is a sentence part for people: "exit code 1, again in 0.8 s"."""

    at: float
    name: EventName
    workload: str = ""
    instance: str = ""
    detail: str = ""
