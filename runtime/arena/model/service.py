"""What the user brings: a service, how it is started, checked, restarted and reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from arena.model.address import Address
from arena.model.route import Route
from arena.model.traffic import Traffic

Condition = Literal["service_started", "service_healthy", "service_completed_successfully"]
RestartWhen = Literal["no", "on-failure", "always"]


@dataclass(frozen=True, slots=True)
class Dependency:
    """`service` must have reached `condition` before the dependant starts."""

    service: str
    condition: Condition = "service_started"


@dataclass(frozen=True, slots=True)
class Probe:
    """How to ask whether an instance is healthy. Times in seconds.

    One of `http` (a path on the instance's port; 2xx and 3xx are healthy), `tcp` (a port on the instance's host, 0 for the
    instance's own; to accept a connection is healthy) and `command` (exit code 0 is healthy). `retries` failures in a row
    make it unhealthy, `successes` in a row healthy again. Failures within `start_period` of the start do
    not count.
    """

    http: str = ""
    tcp: int | None = None
    command: tuple[str, ...] = ()
    interval: float = 5.0
    timeout: float = 2.0
    retries: int = 3
    successes: int = 1
    start_period: float = 30.0

    @property
    def remote(self) -> bool:
        """Whether it asks over the network, so that others than the instance's supervisor can ask too."""
        return bool(self.http) or self.tcp is not None


@dataclass(frozen=True, slots=True)
class Restart:
    """When a stopped or unhealthy instance is started again. Delays in seconds, doubled each time, with full jitter.

    `max_attempts` starts within `window` seconds and the supervisor gives up: the instance stays visible as failed.
    """

    when: RestartWhen = "on-failure"
    delay: float = 0.5
    max_delay: float = 30.0
    max_attempts: int = 8
    window: float = 120.0


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a project. Exactly one of `command` (Arena starts it) and `urls` (it runs elsewhere) is filled.

    `directory` is absolute. `port` None means a free port for each instance; a number is that instance's fixed port (then
    `replicas` is 1). `command` may still hold `${PORT}` and the other per-instance variables, filled at start.
    `metadata` goes to the registry as it is. `weights` belong to `urls`, one by one; empty when all are the same.
    `allow_from` names the services that may call this one directly; None: the service decides for itself.
    """

    name: str
    command: tuple[str, ...] = ()
    urls: tuple[Address, ...] = ()
    weights: tuple[int, ...] = ()
    directory: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    port: int | None = None
    replicas: int = 1
    depends_on: tuple[Dependency, ...] = ()
    probe: Probe | None = None
    restart: Restart = Restart()
    stop_grace_period: float = 10.0
    routes: tuple[Route, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    traffic: Traffic = Traffic()
    allow_from: tuple[str, ...] | None = None

    @property
    def external(self) -> bool:
        """True when the service runs elsewhere: routed to and probed, never started."""
        return bool(self.urls)
