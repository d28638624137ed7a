"""What runs elsewhere: Arena starts none of it, and knows of its health what the registry's probe says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence

from arena.daemon import readiness, report
from arena.daemon.registration import Registrations
from arena.daemon.report import Outside
from arena.errors import UsageError
from arena.model.event import Event
from arena.model.instance import Health, Status
from arena.model.project import Project
from arena.model.service import Service

_PAUSE = 0.2  # seconds between two looks at the registry, while somebody waits


class Elsewhere:
    """`project` tells what is asked for at the moment, None for nothing yet; `tell` hears what is waited for."""

    def __init__(
        self, registrations: Registrations, project: Callable[[], Project | None], tell: Callable[[Event], None]
    ) -> None:
        self._registrations = registrations
        self._project = project
        self._tell = tell

    @property
    def services(self) -> tuple[Service, ...]:
        project = self._project()
        return project.external if project else ()

    def named(self, names: Collection[str]) -> tuple[Service, ...]:
        """Those of `names` that run elsewhere."""
        return tuple(service for service in self.services if service.name in names)

    async def keep(self) -> None:
        """Have exactly what runs elsewhere registered."""
        await self._registrations.outside(self.services)

    async def seen(self, services: Sequence[Service] | None = None) -> list[Outside]:
        """Every endpoint of these, of all without them, with what is known of it."""
        chosen = self.services if services is None else services
        if not chosen:
            return []
        return report.outside(chosen, await self._registrations.snapshot(), self._registrations.troubles)

    async def ready(self, services: Sequence[Service]) -> None:
        """Return when every endpoint of these is healthy, or registered where no probe asks for more."""
        await self._until(services, lambda each: each.ready)

    async def healthy(self, name: str) -> None:
        """Return when every endpoint of the service of this name is; it is registered if nobody has done so yet."""
        await self._until(self.named((name,)), lambda each: each.health == "healthy")

    async def become(self, service: Service, wanted: Status | Health) -> None:
        """Return when every endpoint of it is `wanted`. Raises UsageError for what nobody here can know."""
        if wanted not in ("healthy", "unhealthy"):
            raise UsageError(
                f"{service.name} runs elsewhere, so Arena cannot tell whether it is {wanted}",
                hint="--status healthy and --status unhealthy say what the registry's probe sees",
            )
        if service.probe is None:
            raise readiness.unprobed(service.name)
        await self._until((service,), lambda each: each.health == wanted)

    async def _until(self, services: Sequence[Service], good: Callable[[Outside], bool]) -> None:
        told: dict[str, str] = {}
        while late := [each for each in await self.seen(services) if not good(each)]:
            for each in late:
                if told.get(each.entry.instance) != each.detail:
                    told[each.entry.instance] = each.detail
                    self._tell(Event(time.time(), "waited", each.entry.service, each.entry.instance, each.detail))
            self._registrations.add(services)
            await asyncio.sleep(_PAUSE)


def refuse(services: Sequence[Service], what: str) -> None:
    """Raises UsageError for the first of them: `what` ("restart it") is for whoever runs it."""
    for service in services:
        where = ", ".join(address.url for address in service.urls)
        raise UsageError(
            f"{service.name} runs elsewhere ({where}), so Arena cannot {what}",
            hint="that is done where it runs; `arena health` shows what the registry's probe sees of it",
        )
