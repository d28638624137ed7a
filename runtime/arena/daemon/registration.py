"""Keeps the registry informed of every endpoint: those the supervisor starts and those that run elsewhere.

One background task per endpoint registers it, keeps it alive with heartbeats, registers it again when the registry has
forgotten it, and tries again with growing pauses while the registry is away. The supervisor never waits for any of this.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arena import tasks
from arena.model import registration
from arena.model.address import Address
from arena.model.service import Probe, Restart, Service
from arena.model.snapshot import Snapshot
from arena.model.workload import Workload
from arena.policy.backoff import ceiling
from arena.registry.client import RegistryAway, RegistryClient, RegistryRefused

_CALL_PATIENCE = 1.5  # seconds for the last word to a registry that may be away
_RETRY = Restart(delay=0.1, max_delay=1.0)
_NEWS = 8  # attempts in a row that failed
_REFUSED_PAUSE = 30.0
_UNPROBED_TTL = 86400
_LONGEST_PAUSE = 5.0  # seconds between two heartbeats: a registry that has forgotten an entry is told soon
_SETTLE = 0.1  # seconds between a withdrawal and SIGTERM: the Snapshot must reach the gateway first

_log = logging.getLogger("arena.daemon.registration")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is registered. `permanent` entries need no heartbeat to stay: nobody here knows whether they live."""

    service: str
    instance: str
    address: Address
    probe: Probe | None
    metadata: dict[str, str]
    permanent: bool = False

    def payload(self) -> dict[str, object]:
        """The registry's own shape (the seed's, with `instance_id` and `check`)."""
        told = registration.payload(self.service, self.instance, self.address.url, self.metadata)
        if self.probe is not None and self.probe.remote:
            told["health_url"] = _health_url(self.address, self.probe)
            told["check"] = {
                "interval_s": self.probe.interval,
                "timeout_s": self.probe.timeout,
                "retries": self.probe.retries,
                "successes": self.probe.successes,
                # What runs elsewhere is not starting: its first failures count.
                "start_period_s": 0 if self.permanent else self.probe.start_period,
            }
        elif not self.permanent:
            # Nobody asks it, so only we can say that it lives; and it shall outlive us by more than a moment.
            told["ttl_seconds"] = _UNPROBED_TTL
        if self.permanent:
            told["ttl_seconds"] = 0
        return told


class Registrations:
    """Implements `supervisor.announce.Announcer`. `client` makes the registry client of the moment, lazily: httpx costs a
    fifth of a second to import, which no instance should wait for."""

    def __init__(self, client: Callable[[], RegistryClient]) -> None:
        self._make_client = client
        self._client: RegistryClient | None = None
        self.troubles: dict[str, str] = {}
        """Why an instance is not registered, by its name."""
        self._kept: dict[str, tuple[Entry, asyncio.Task[None]]] = {}

    async def announce(self, workload: Workload, instance: str, address: Address) -> None:
        self._keep(Entry(workload.name, instance, address, workload.probe, workload.metadata))

    async def withdraw(self, workload: Workload, instance: str) -> None:
        kept = self._kept.pop(instance, None)
        self.troubles.pop(instance, None)
        if kept is not None:
            await tasks.cancel(kept[1])
        if await self._deregister(workload.name, instance):
            await asyncio.sleep(_SETTLE)

    async def outside(self, services: tuple[Service, ...]) -> None:
        """Keep exactly these external services registered."""
        wanted = {entry.instance: entry for service in services for entry in external_entries(service)}
        for name, (entry, task) in list(self._kept.items()):
            if entry.permanent and wanted.get(name) != entry:
                del self._kept[name]
                self.troubles.pop(name, None)
                await tasks.cancel(task)
                await self._deregister(entry.service, name)
        self.add(services)

    def add(self, services: Sequence[Service]) -> None:
        """Register these external services too, as far as they are not."""
        for entry in (entry for service in services for entry in external_entries(service)):
            if entry.instance not in self._kept:
                self._keep(entry)

    async def snapshot(self) -> Snapshot | None:
        """What the registry knows, None while it is away."""
        try:
            async with asyncio.timeout(_CALL_PATIENCE):
                return await self._registry().snapshot()
        except (RegistryAway, RegistryRefused, TimeoutError) as error:
            _log.info("the registry does not answer: %s", error)
            return None

    async def change_registry(self) -> None:
        """Speak to the registry at its new address from now on, and tell it everything."""
        await self.close()
        for entry in [entry for entry, _ in self._kept.values()]:
            self._keep(entry)

    async def close(self) -> None:
        """Fall silent; what is registered stays so until its time to live is over."""
        await tasks.cancel(*(task for _, task in self._kept.values()))
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _keep(self, entry: Entry) -> None:
        before = self._kept.pop(entry.instance, None)
        if before is not None:
            before[1].cancel()
        task = tasks.spawn(self._tend(entry), name=f"registration of {entry.instance}")
        self._kept[entry.instance] = (entry, task)

    async def _tend(self, entry: Entry) -> None:
        attempt, registered = 0, False
        while True:
            try:
                pause = await self._registry().register(entry.payload())
                attempt, registered = 0, True
                self.troubles.pop(entry.instance, None)
                await self._keep_alive(entry, min(pause, _LONGEST_PAUSE))
                registered = False
            except RegistryAway as error:
                # At its own start the registry is away for a moment, which is no news.
                _log.log(logging.WARNING if attempt == _NEWS else logging.DEBUG, "%s", error)
                if attempt >= _NEWS and not registered:  # else it is still sent what the last Snapshot says
                    self.troubles[entry.instance] = str(error)
                await asyncio.sleep(ceiling(_RETRY, attempt))
                attempt += 1
            except RegistryRefused as error:
                _log.error("%s is not registered, so no request reaches it: %s", entry.instance, error)
                self.troubles[entry.instance] = str(error)
                registered = False
                await asyncio.sleep(_REFUSED_PAUSE)

    async def _keep_alive(self, entry: Entry, pause: float) -> None:
        """Return when the registry no longer knows the entry."""
        known = True
        while known:
            await asyncio.sleep(pause)
            known = await self._registry().heartbeat(entry.service, entry.instance)

    async def _deregister(self, service: str, instance: str) -> bool:
        """True when the registry has heard it."""
        try:
            async with asyncio.timeout(_CALL_PATIENCE):
                await self._registry().deregister(service, instance)
        except (RegistryAway, RegistryRefused, TimeoutError) as error:
            _log.info("%s was not deregistered: %s", instance, error)
            return False
        return True

    def _registry(self) -> RegistryClient:
        if self._client is None:
            self._client = self._make_client()
        return self._client


def _health_url(address: Address, probe: Probe) -> str:
    if probe.tcp is None:
        return f"{address.url}{probe.http}"
    return Address(address.host, probe.tcp or address.port, "tcp").url


def external_entries(service: Service) -> tuple[Entry, ...]:
    """The endpoints of a service that runs elsewhere, named like instances: "billing-1"."""
    weights = service.weights or (None,) * len(service.urls)
    return tuple(
        Entry(
            service.name,
            f"{service.name}-{number}",
            address,
            service.probe,
            service.metadata if weight is None else {**service.metadata, "weight": str(weight)},
            permanent=True,
        )
        for number, (address, weight) in enumerate(zip(service.urls, weights, strict=True), start=1)
    )
