"""The life of one instance.

Theory. An instance is in one of seven states; seven signals move it. `ask` wants it to run, `halt` wants it to end; the others
report what became of it.

    pending      wants to run; waits for what it depends on
    running      its process is alive; `health` says how it feels
    restarting   its process ended, or is being ended because it is unhealthy; waits for the back-off delay
    stopping     was told to end; its process may still be alive
    stopped      ended because it was told to
    completed    ended by itself, well, and is not to run again
    failed       ended badly, could not start, or was given up; stays until somebody asks for it again

What is not in the table cannot happen, and `advance` raises. Pending has no process, and only running has one that is meant
to live: in restarting, stopping, completed and failed, what is left of the run is being ended, and `handle` is None once it
is. Health is told of running alone; but restarting and failed keep "unhealthy" when that is why they are where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from arena.model.address import Address
from arena.model.instance import Health, Status
from arena.model.workload import Workload
from arena.supervisor.backends.base import Handle
from arena.supervisor.observed import Seen

Signal = Literal["ask", "spawn", "lose", "complete", "fail", "halt", "end"]

TABLE: dict[tuple[Status, Signal], Status] = {
    ("stopped", "ask"): "pending",
    ("completed", "ask"): "pending",
    ("failed", "ask"): "pending",
    ("pending", "spawn"): "running",
    ("pending", "fail"): "failed",
    ("pending", "halt"): "stopped",
    ("running", "lose"): "restarting",
    ("running", "complete"): "completed",
    ("running", "fail"): "failed",
    ("running", "halt"): "stopping",
    ("restarting", "spawn"): "running",
    ("restarting", "fail"): "failed",
    ("restarting", "halt"): "stopping",
    ("stopping", "end"): "stopped",
}


@dataclass(frozen=True, slots=True)
class Instance:
    """What the supervisor knows of one instance. Times are Unix seconds.

    `workload` is what it was (or will be) started from. `started_at` and `ready_at` are of the current run. `restarts`
    counts those nobody asked for, since the last time somebody asked. `detail` says, for people, why it is in its state;
    `health_detail` and `health_since` are the last word of its probe. `leaving` are earlier runs that have a successor, and
    time to end in.
    """

    workload: Workload
    index: int
    status: Status = "stopped"
    health: Health = "none"
    address: Address | None = None
    handle: Handle | None = None
    started_at: float | None = None
    ready_at: float | None = None
    restarts: int = 0
    exit_code: int | None = None
    detail: str = ""
    health_detail: str = ""
    health_since: float | None = None
    leaving: tuple[Handle, ...] = ()

    @property
    def name(self) -> str:
        return self.workload.instance_name(self.index)

    @property
    def ready(self) -> bool:
        """It does what it is for: it has completed, or it runs and its probe says it is well; without a probe, once it has
        run for a moment."""
        if self.status == "running":
            return self.health == "healthy" or (self.health == "none" and self.ready_at is not None)
        return self.status == "completed"

    @property
    def endpoint(self) -> str:
        """Where people find it, "host:port": an only copy is found where all would be. "" if it listens nowhere."""
        shared = self.workload.shared if self.workload.replicas == 1 else None
        address = shared or self.address
        return address.authority if address and self.address else ""

    @property
    def active(self) -> bool:
        """It runs, or will without being asked again."""
        return self.status in ("pending", "running", "restarting", "stopping")

    @property
    def seconds_to_ready(self) -> float | None:
        """From the start of the current run to ready; None if it is not there yet."""
        if self.started_at is None or self.ready_at is None:
            return None
        return max(0.0, self.ready_at - self.started_at)

    def seen(self) -> Seen:
        """As the reconciler sees it."""
        return Seen(self.workload, self.index, self.status)


def advance(instance: Instance, signal: Signal, **changes: Any) -> Instance:
    """The instance after `signal`, with `changes` to its other fields. Raises ValueError for what cannot happen."""
    try:
        status = TABLE[instance.status, signal]
    except KeyError:
        raise ValueError(f"{instance.name}: {signal!r} cannot happen while {instance.status}") from None
    return replace(instance, status=status, **changes)
