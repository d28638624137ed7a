"""One running copy of a workload, as the supervisor sees it and as `arena ps` shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["gateway", "registry", "state", "service"]

Status = Literal[
    "pending",  # waits for its dependencies
    "running",  # the process is alive
    "restarting",  # ended or unhealthy; waits for its back-off delay
    "stopping",  # asked to end, within its grace period
    "stopped",  # ended because it was asked to
    "completed",  # ended by itself with exit code 0 and is not to be restarted
    "failed",  # ended badly and is not started again (gave up, or restart: "no")
    "external",  # runs elsewhere; Arena only probes it
]

Health = Literal["none", "starting", "healthy", "unhealthy"]  # "none": no probe is configured


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """A row of `arena ps -o json`, in the order the columns are promised. `instance` is unique in the project, such as
    "web-1"; `endpoint` is "host:port" or ""; `uptime_s`, `cpu_percent` and `rss_bytes` are None for what does not run here."""

    service: str
    kind: Kind
    instance: str
    status: Status
    health: Health
    pid: int | None
    endpoint: str
    restarts: int
    uptime_s: float | None
    cpu_percent: float | None
    rss_bytes: int | None
    runtime: Literal["process", "external"]
