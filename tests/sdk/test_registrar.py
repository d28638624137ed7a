import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from arena.sdk import Environment
from arena.sdk.registrar import Registrar
from tests.ports import free_port
from tests.sdk.conftest import StubRegistry, eventually


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Something that accepts, as the service itself would."""
    server = await asyncio.start_server(lambda _r, writer: writer.close(), "127.0.0.1", 0)
    yield int(server.sockets[0].getsockname()[1])
    server.close()


def registrar(registry: StubRegistry, port: int) -> Registrar:
    environment = Environment("demo", "demo-1", registry.url, port, "secret-token")
    return Registrar(environment, {"version": "1", "capabilities": ["x"]})


async def test_registers_beats_and_leaves(registry: StubRegistry, port: int) -> None:
    async with registry.serving():
        one = registrar(registry, port)
        async with one.running():
            await eventually(lambda: registry.count("PUT") >= 2)
            assert one.registered
        assert not one.registered
    assert registry.payloads == [
        {
            "service_name": "demo",
            "instance_id": "demo-1",
            "url": f"http://127.0.0.1:{port}",
            "health_url": f"http://127.0.0.1:{port}/health",
            "metadata": {"version": "1", "capabilities": ["x"]},
        }
    ]
    assert registry.calls[-1] == ("DELETE", "/v1/services/demo/demo-1")
    assert registry.tokens == {"Bearer secret-token"}


async def test_a_registry_that_comes_late_is_found(
    registry: StubRegistry, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with registrar(registry, port).running():
        await eventually(lambda: "still trying" in caplog.text)
        async with registry.serving():
            await eventually(lambda: registry.count("PUT") >= 1)
            assert caplog.text.count("still trying") == 1


async def test_forgotten_it_registers_again(registry: StubRegistry, port: int) -> None:
    async with registry.serving(), registrar(registry, port).running():
        await eventually(lambda: registry.count("PUT") >= 1)
        registry.forgets = True
        await eventually(lambda: registry.count("POST") == 2)


async def test_a_registry_that_dies_and_returns_is_told_again(registry: StubRegistry, port: int) -> None:
    async with registrar(registry, port).running():
        async with registry.serving():
            await eventually(lambda: registry.count("PUT") >= 1)
        registry.forgets = True  # the next life knows nobody
        async with registry.serving():
            await eventually(lambda: registry.count("POST") == 2)


async def test_a_refusal_is_said_once_and_tried_again(
    registry: StubRegistry, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    registry.answer = 401
    async with registry.serving():
        one = registrar(registry, port)
        async with one.running():
            await eventually(lambda: registry.count("POST") >= 2)
            assert not one.registered
            registry.answer = 201
            await eventually(lambda: one.registered)
    assert caplog.text.count("still trying") == 1
    assert "secret-token" not in caplog.text


@pytest.mark.parametrize("lease", ["junk", [], {}, {"heartbeat_seconds": -1}, {"heartbeat_seconds": "soon"}])
async def test_junk_from_the_registry_is_survived(registry: StubRegistry, port: int, lease: object) -> None:
    registry.lease = lease
    async with registry.serving():
        one = registrar(registry, port)
        async with one.running():
            await eventually(lambda: one.registered)
    assert registry.calls[-1] == ("DELETE", "/v1/services/demo/demo-1")


async def test_leaving_while_the_registry_is_away_is_quick(registry: StubRegistry, port: int) -> None:
    async with asyncio.timeout(2), registrar(registry, port).running():
        await asyncio.sleep(0)


async def test_dying_with_the_registry_gone_says_so(
    registry: StubRegistry, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with registry.serving():
        running = registrar(registry, port).running()
        await running.__aenter__()
        await eventually(lambda: registry.count("PUT") >= 1)
    async with asyncio.timeout(5):
        await running.__aexit__(None, None, None)
    assert "could not deregister" in caplog.text


async def test_nothing_is_registered_before_the_port_accepts(registry: StubRegistry) -> None:
    port = free_port()
    async with registry.serving(), registrar(registry, port).running():
        await asyncio.sleep(0.1)  # time in which a wrong registrar would have registered
        assert registry.calls == []
        late = await asyncio.start_server(lambda _r, writer: writer.close(), "127.0.0.1", port)
        async with late:
            await eventually(lambda: registry.count("POST") == 1)


@pytest.fixture(autouse=True)
def _hear_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="arena.sdk")
