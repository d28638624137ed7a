"""What whoever commands a running project can ask for."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from arena.control.messages import DaemonInfo, DownReport, HealthRow, UpReport, UpRequest
from arena.model.breaker import BreakerPlace, BreakerRow
from arena.model.cache import Purge, PurgeRow
from arena.model.event import Event
from arena.model.instance import Health, InstanceRow, Status
from arena.model.logline import LogLine, LogQuery

Listener = Callable[[Event], None]


class Operator(Protocol):
    """Implemented by the daemon, and by `control.client.Client` at the other end of the socket.

    Every call raises an `ArenaError` that crosses the socket unchanged (code, message, hint, detail). A call that takes
    `on_event` reports progress while it runs. `services` empty means all.
    """

    async def info(self) -> DaemonInfo:
        """Say who answers."""
        ...

    async def up(self, request: UpRequest, on_event: Listener) -> UpReport:
        """Reconcile, wait until every part is ready. Raises WaitTimeout, PartFailed, PortTaken."""
        ...

    async def down(self, grace: float | None, volumes: bool, on_event: Listener) -> DownReport:
        """Stop everything, in reverse order of dependency, then end the daemon. `volumes` also deletes logs and state
        (never the secrets)."""
        ...

    async def restart(self, services: tuple[str, ...], grace: float | None, on_event: Listener) -> UpReport:
        """Stop and start the named services, one instance after another. Raises UsageError for an unknown name."""
        ...

    async def wait(self, service: str, status: Status | Health, timeout: float, on_event: Listener) -> None:
        """Return when every instance of `service` has that status or health. Raises WaitTimeout, PartFailed."""
        ...

    async def rows(self, everything: bool) -> tuple[InstanceRow, ...]:
        """The rows of `arena ps`; `everything` includes stopped and completed instances."""
        ...

    async def health(self) -> tuple[HealthRow, ...]:
        """The rows of `arena health`."""
        ...

    async def breakers(self) -> tuple[BreakerRow, ...]:
        """Every endpoint, and every route with a breaker, as every gateway worker sees it."""
        ...

    async def trip(self, place: BreakerPlace, seconds: float | None) -> tuple[BreakerRow, ...]:
        """Keep an instance, a service or a route out of traffic, for `seconds` or until it is reset. Returns its rows once
        every gateway worker has followed. Raises UsageError for what is not there."""
        ...

    async def reset(self, place: BreakerPlace) -> tuple[BreakerRow, ...]:
        """Put it back into traffic and close its breakers. Returns and raises as `trip` does."""
        ...

    async def purge(self, what: Purge) -> tuple[PurgeRow, ...]:
        """Forget kept replies. Returns how many, once every gateway worker has. Raises UsageError for what cannot be meant."""
        ...

    def logs(self, query: LogQuery) -> AsyncGenerator[LogLine, None]:
        """Lines in order of time; with `query.follow` the iterator ends only when the caller closes it."""
        ...
