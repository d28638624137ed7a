"""Against real registries, which may be away, forget, or come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from arena.daemon.registration import Entry, Registrations, external_entries
from arena.model.address import Address
from arena.model.service import Probe, Service
from arena.model.workload import Workload
from tests.ports import free_port
from tests.registry.conftest import RegistryProcess

WEB = Workload("web", "service", ("run",), "/p", registered=True, metadata={"tier": "1"})
HERE = Address("127.0.0.1", 9)


@pytest.fixture
def registry(tmp_path: Path) -> RegistryProcess:
    registry = RegistryProcess(tmp_path, ttl=1.0)
    registry.port = free_port()  # known before it starts, as a project's is
    return registry


@pytest.fixture
async def registrations(registry: RegistryProcess) -> AsyncIterator[Registrations]:
    registrations = Registrations(registry.client)
    yield registrations
    await registrations.close()
    if registry.process is not None and registry.process.poll() is None:
        registry.stop()


async def known(registrations: Registrations) -> set[str]:
    snapshot = await registrations.snapshot()
    return {endpoint.instance for endpoint in snapshot.endpoints} if snapshot else set()


async def until(registrations: Registrations, good: Callable[[set[str]], bool]) -> None:
    async with asyncio.timeout(15):
        while not good(await known(registrations)):
            await asyncio.sleep(0.05)


async def test_an_instance_stays_registered_past_its_time_to_live_until_it_is_withdrawn(
    registry: RegistryProcess, registrations: Registrations
) -> None:
    registry.start()
    await registrations.announce(WEB, "web-1", HERE)
    await until(registrations, lambda names: names == {"web-1"})
    await asyncio.sleep(registry.ttl * 1.5)  # time is what is tested: only heartbeats keep it
    assert await known(registrations) == {"web-1"}
    await registrations.withdraw(WEB, "web-1")
    assert await known(registrations) == set()


async def test_a_registry_that_is_away_is_told_when_it_comes_and_again_when_it_forgets(
    registry: RegistryProcess, registrations: Registrations
) -> None:
    await registrations.announce(WEB, "web-1", HERE)
    assert await registrations.snapshot() is None
    await registrations.withdraw(WEB, "web-9")  # neither raises nor hangs
    registry.start()
    await until(registrations, lambda names: names == {"web-1"})
    registry.stop()
    registry.state.unlink()
    registry.start()
    await until(registrations, lambda names: names == {"web-1"})


async def test_exactly_the_external_services_of_the_file_are_registered(
    registry: RegistryProcess, registrations: Registrations
) -> None:
    registry.start()
    two = Service("out", urls=(HERE, Address("127.0.0.1", 10)), probe=Probe("/health"))
    await registrations.outside((two,))
    await until(registrations, lambda names: names == {"out-1", "out-2"})
    await registrations.outside((Service("out", urls=(HERE,), probe=Probe("/health")),))
    await until(registrations, lambda names: names == {"out-1"})
    await registrations.outside(())
    assert await known(registrations) == set()


async def test_a_refusal_is_known_and_forgotten_once_it_is_over(
    registry: RegistryProcess, registrations: Registrations
) -> None:
    registry.start()
    await registrations.announce(replace(WEB, name="we b"), "web-1", HERE)
    async with asyncio.timeout(10):
        while not registrations.troubles:
            await asyncio.sleep(0.02)
    assert "service_name" in registrations.troubles["web-1"]
    await registrations.announce(WEB, "web-1", HERE)
    await until(registrations, lambda names: names == {"web-1"})
    assert registrations.troubles == {}


def test_what_runs_elsewhere_needs_no_heartbeat_and_gets_no_time_to_start() -> None:
    (entry,) = external_entries(Service("out", urls=(HERE,), probe=Probe("/health", start_period=30.0)))
    told = entry.payload()
    assert told["ttl_seconds"] == 0 and told["health_url"] == "http://127.0.0.1:9/health"
    assert told["check"] == {"interval_s": 5.0, "timeout_s": 2.0, "retries": 3, "successes": 1, "start_period_s": 0}
    heavy, light = external_entries(Service("out", urls=(HERE, HERE), weights=(3, 1), metadata={"tier": "1"}))
    assert (heavy.metadata, light.metadata) == ({"tier": "1", "weight": "3"}, {"tier": "1", "weight": "1"})
    for port, url in ((0, "tcp://127.0.0.1:9"), (5432, "tcp://127.0.0.1:5432")):
        assert Entry("web", "web-1", HERE, Probe(tcp=port), {}).payload()["health_url"] == url
    unprobed = Entry("web", "web-1", HERE, Probe(command=("check",)), {})
    assert "health_url" not in unprobed.payload() and "check" not in unprobed.payload()
