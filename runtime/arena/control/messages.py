"""The requests and reports that cross the control socket."""

from __future__ import annotations

from dataclasses import dataclass

from arena.model.instance import Health, Status
from arena.model.plan import Plan
from arena.model.project import Project


@dataclass(frozen=True, slots=True)
class DaemonInfo:
    """Who answers on the socket. `started_at` is Unix seconds."""

    pid: int
    version: str
    project: str
    directory: str
    started_at: float


@dataclass(frozen=True, slots=True)
class UpRequest:
    """Bring the project to this desired state. `services` limits the work to those and what they depend on (components
    always included); empty means all. `wait_timeout` in seconds; `dry_run` only plans."""

    project: Project
    services: tuple[str, ...] = ()
    wait_timeout: float = 60.0
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class PartReport:
    """How one instance came up. `seconds` from its start to ready, None if it never was; `tail` its last lines and
    `log_file` the path of its log when it failed."""

    service: str
    instance: str
    status: Status
    health: Health
    seconds: float | None
    endpoint: str = ""
    tail: tuple[str, ...] = ()
    log_file: str = ""


@dataclass(frozen=True, slots=True)
class UpReport:
    """What `up` did. `seconds` from the request to everything ready."""

    plan: Plan
    parts: tuple[PartReport, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class DownReport:
    """What `down` stopped. `killed` names the instances that outlived their grace period."""

    stopped: tuple[str, ...]
    killed: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class HealthRow:
    """One line of `arena health`: an instance (or external endpoint), what the supervisor's or registry's probe last
    said, and since when (Unix seconds). `reachable` is false for what is not registered, so that no request is sent there."""

    service: str
    instance: str
    status: Status
    health: Health
    endpoint: str
    detail: str = ""
    since: float | None = None
    reachable: bool = True
