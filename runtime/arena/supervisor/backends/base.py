"""What the supervisor asks of whatever runs instances."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of one instance, complete: nothing is left to fill in.

    `run` identifies this start and no other. The instance appends what it prints to the file `output`. `inherit` are file
    descriptors of ours that it gets under the same numbers.
    """

    workload: str
    instance: str
    run: str
    command: tuple[str, ...]
    directory: str
    environment: dict[str, str]
    output: Path
    inherit: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Handle:
    """Names one started thing for ever: `born` tells it from a later one that was given the same `pid`, and `run` finds
    the processes it left behind."""

    pid: int
    born: str
    run: str


@dataclass(frozen=True, slots=True)
class Usage:
    """`cpu_percent` of one core since the last look (since the start, at the first), over all processes of the instance;
    `rss_bytes` their resident memory added up, shared pages counted once for each."""

    cpu_percent: float
    rss_bytes: int


class Backend(Protocol):
    """Implemented by `backends.process` and `arena.testing.FakeBackend`, under one contract suite."""

    async def start(self, launch: Launch) -> Handle:
        """Start it, without waiting for it to be ready. Raises PartFailed if it cannot even begin."""
        ...

    def alive(self, handle: Handle) -> bool:
        """Whether exactly this one still runs."""
        ...

    async def wait(self, handle: Handle) -> int | None:
        """Return its exit code (minus the signal's number if one killed it) when it has ended; None where nobody can know,
        as for a process that an earlier daemon started, or once `stop` has returned. May be called often."""
        ...

    async def stop(self, handle: Handle, grace: float) -> bool:
        """End it and everything it started, politely, then after `grace` seconds by force. Returns True if force was
        needed. When this returns nothing of the run is left. Harmless to repeat, and after the end."""
        ...

    def reload(self, handle: Handle) -> None:
        """Tell it to read its files again (SIGHUP)."""
        ...

    def usage(self, handles: Sequence[Handle]) -> dict[Handle, Usage]:
        """What each takes of the machine now; those that have ended are left out."""
        ...

    async def sweep(self, live: Collection[str]) -> tuple[str, ...]:
        """End everything of this project whose run is not among the `live` ones; returns what it ended, for people."""
        ...

    async def close(self) -> None:
        """Let go. What runs goes on running."""
        ...
