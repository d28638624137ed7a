import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from arena import tasks
from arena.model.address import Address
from arena.registry.core import Registry
from arena.registry.entry import Registration
from arena.testing.clock import ManualClock

KEY = ("web", "web-1")


def told(instance: str = "web-1", port: int = 8001) -> Registration:
    return Registration("web", instance, Address("127.0.0.1", port), 10.0)


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    made = Registry(tmp_path / "state", ManualClock())
    yield made
    await made.close()


async def test_every_change_is_counted_logged_kept_and_sent(registry, tmp_path, caplog) -> None:
    with caplog.at_level(logging.INFO):
        registry.register(told())
        registry.register(told())
        assert registry.deregister(KEY)
        assert not registry.deregister(KEY)
    assert [record.message for record in caplog.records] == ["registered", "updated", "deregistered"]
    assert registry.counts == {"registered": 1, "updated": 1, "deregistered": 1}
    assert b'"version":2' in registry.broadcast.line
    assert (tmp_path / "state").exists()


async def test_what_misses_its_heartbeat_expires(tmp_path) -> None:
    clock = ManualClock()
    registry = Registry(tmp_path / "state", clock)
    expiry = asyncio.create_task(registry.expire_for_ever())
    registry.register(told())
    await clock.advance(9)
    assert registry.heartbeat(KEY)
    await clock.advance(9)
    assert registry.remaining(registry.entries[0]) == pytest.approx(1)
    await clock.advance(1.25)
    assert registry.entries == ()
    assert registry.counts["expired"] == 1
    assert not registry.heartbeat(KEY)
    await tasks.cancel(expiry)
    await registry.close()


async def test_a_ghost_is_reported(registry, caplog) -> None:
    with caplog.at_level(logging.INFO):
        registry.register(told("web-1"))
        registry.register(told("web-2"))
    assert registry.counts["replaced"] == 1
    assert [entry.registration.instance for entry in registry.entries] == ["web-2"]


async def test_the_next_life_knows_what_this_one_did(registry, tmp_path) -> None:
    registry.register(told())
    following = Registry(tmp_path / "state", ManualClock())
    following.restore()
    assert following.snapshot.endpoints == registry.snapshot.endpoints
    assert following.snapshot.epoch != registry.snapshot.epoch
    assert b"web-1" in following.broadcast.line
    await following.close()
