"""What up, down and scale will do, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verb = Literal["start", "stop", "restart", "reload"]


@dataclass(frozen=True, slots=True)
class Step:
    """One action on one instance. `cause` completes "because …": "not running", "command changed"."""

    verb: Verb
    workload: str
    instance: str
    cause: str

    def __str__(self) -> str:
        return f"{self.verb} {self.instance} ({self.cause})"


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order they were decided. The executor adds nothing and leaves nothing out."""

    steps: tuple[Step, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps)

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps)) or "nothing to do"
