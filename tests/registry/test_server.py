import asyncio
import time
from contextlib import aclosing

import pytest

from arena.model.snapshot import EndpointHealth, Snapshot
from arena.registry.follow import WatchBroken, watch


async def until(url: str, service: str, wanted: list[EndpointHealth]) -> Snapshot:
    """The first Snapshot in which the service's endpoints have that health."""
    async with asyncio.timeout(15), aclosing(watch(url)) as snapshots:
        async for snapshot in snapshots:
            if [endpoint.health for endpoint in snapshot.endpoints if endpoint.service == service] == wanted:
                return snapshot
    raise AssertionError("the stream ended")


async def test_health_flips_on_the_wire(shared, stub) -> None:
    async with shared.client("flip") as client:
        await client.register(stub.payload("flip", instance_id="flip-1"))
        await until(shared.url, "flip", ["passing"])
        stub.status = 503
        await until(shared.url, "flip", ["failing"])
        assert shared.events("failing")[-1]["detail"] == "GET /health: 503"
        stub.status = 200
        await until(shared.url, "flip", ["passing"])
        await client.deregister("flip", "flip-1")


async def test_without_heartbeats_an_instance_is_gone_after_its_ttl(make_registry) -> None:
    registry = make_registry(ttl=1.0)
    async with registry.client("brief") as client:
        began = time.monotonic()
        await client.register({"service_name": "brief", "url": "http://127.0.0.1:3", "instance_id": "brief-1"})
        await until(registry.url, "brief", ["unknown"])
        await until(registry.url, "brief", [])
        assert time.monotonic() - began >= 1.0
        assert not await client.heartbeat("brief", "brief-1")


@pytest.mark.parametrize("number", [9, 15])
async def test_a_restart_forgets_nothing(make_registry, stub, number: int) -> None:
    registry = make_registry()
    async with registry.client() as client:
        await client.register(stub.payload("kept", instance_id="kept-1", metadata={"version": "2"}))
        await client.register({"service_name": "ext", "url": "https://example.com", "ttl_seconds": 0})
        before = await until(registry.url, "kept", ["passing"])
        # A health that changed is kept a moment later; this answer comes after it.
        await client.register({"service_name": "ext", "url": "https://example.com", "ttl_seconds": 0})
    registry.stop(number)
    await stub.stop()  # the first Snapshot of the next life must not wait for a check
    registry.start()
    async with aclosing(watch(registry.url)) as snapshots:
        after = await anext(snapshots)
    assert after.endpoints == before.endpoints
    assert after.epoch != before.epoch
    await until(registry.url, "kept", ["failing"])
    async with registry.client() as client:
        assert await client.heartbeat("kept", "kept-1")


async def test_sigterm_ends_open_streams_and_the_process_at_once(make_registry) -> None:
    registry = make_registry()
    async with aclosing(watch(registry.url)) as one, aclosing(watch(registry.url)) as two, asyncio.timeout(15):
        await anext(one)
        await anext(two)
        assert await asyncio.to_thread(registry.stop) == 0
        with pytest.raises(WatchBroken):
            await anext(one)
    assert registry.events("stopped")
    assert '"error"' not in registry.log()  # uvicorn reports what it had to cut when the grace was over


async def test_a_watcher_that_never_reads_does_not_hold_up_the_others(make_registry) -> None:
    registry = make_registry()
    reader, writer = await asyncio.open_connection("127.0.0.1", registry.port, limit=1024)
    writer.write(b"GET /v1/watch HTTP/1.1\r\nhost: a\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    async with registry.client() as client:
        for number in range(40):
            bulk = {"bulk": "x" * 15000}
            told = {"service_name": "big", "url": f"http://127.0.0.1:{1000 + number}", "metadata": bulk}
            await client.register(told)
    snapshot = await until(registry.url, "big", ["unknown"] * 40)
    assert snapshot.version == 40
    assert await asyncio.to_thread(registry.stop) == 0
    writer.close()
