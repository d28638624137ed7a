import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from arena.sdk import Environment
from arena.sdk.registrar import Registrar
from tests.ports import free_port
from tests.sdk.conftest import StubRegistry, eventually
from tests.sdk.kit import Daemon


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Something that accepts, as the service itself would."""
    server = await asyncio.start_server(lambda _r, writer: writer.close(), "127.0.0.1", 0)
    yield int(server.sockets[0].getsockname()[1])
    server.close()


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    daemon = Daemon(tmp_path / "demo.json", "demo")
    daemon.write(tokens={"registry": "secret-token"})
    return daemon


@pytest.fixture
def one(registry: StubRegistry, port: int, daemon: Daemon) -> Registrar:
    return registrar(registry, port, daemon)


def registrar(registry: StubRegistry, port: int, daemon: Daemon) -> Registrar:
    environment = Environment("demo", "demo-1", registry.url, port, str(daemon.path))
    return Registrar(environment, {"version": "1", "capabilities": ["x"]})


async def test_registers_beats_and_leaves(registry: StubRegistry, one: Registrar, port: int) -> None:
    async with registry.serving():
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


async def test_the_token_of_the_moment_is_shown_at_every_call(
    registry: StubRegistry, one: Registrar, daemon: Daemon
) -> None:
    async with registry.serving(), one.running():
        await eventually(lambda: registry.count("PUT") >= 1)
        daemon.write(tokens={"registry": "renewed"})
        await eventually(lambda: registry.tokens == {"Bearer secret-token", "Bearer renewed"})
        registry.tokens.clear()
        beats = registry.count("PUT")
        await eventually(lambda: registry.count("PUT") > beats + 1)
        assert registry.tokens == {"Bearer renewed"}
    assert registry.tokens == {"Bearer renewed"}


async def test_a_registry_that_comes_late_is_found(
    registry: StubRegistry, one: Registrar, caplog: pytest.LogCaptureFixture
) -> None:
    async with one.running():
        await eventually(lambda: "still trying" in caplog.text)
        async with registry.serving():
            await eventually(lambda: registry.count("PUT") >= 1)
            assert caplog.text.count("still trying") == 1


async def test_forgotten_it_registers_again(registry: StubRegistry, one: Registrar) -> None:
    async with registry.serving(), one.running():
        await eventually(lambda: registry.count("PUT") >= 1)
        registry.forgets = True
        await eventually(lambda: registry.count("POST") == 2)


async def test_a_registry_that_dies_and_returns_is_told_again(registry: StubRegistry, one: Registrar) -> None:
    async with one.running():
        async with registry.serving():
            await eventually(lambda: registry.count("PUT") >= 1)
        registry.forgets = True  # the next life knows nobody
        async with registry.serving():
            await eventually(lambda: registry.count("POST") == 2)


async def test_a_refusal_is_said_once_and_tried_again(
    registry: StubRegistry, one: Registrar, caplog: pytest.LogCaptureFixture
) -> None:
    registry.answer = 401
    async with registry.serving(), one.running():
        await eventually(lambda: registry.count("POST") >= 2)
        assert not one.registered
        registry.answer = 201
        await eventually(lambda: one.registered)
    assert caplog.text.count("still trying") == 1
    assert "secret-token" not in caplog.text


@pytest.mark.parametrize("lease", ["junk", [], {}, {"heartbeat_seconds": -1}, {"heartbeat_seconds": "soon"}])
async def test_junk_from_the_registry_is_survived(registry: StubRegistry, one: Registrar, lease: object) -> None:
    registry.lease = lease
    async with registry.serving(), one.running():
        await eventually(lambda: one.registered)
    assert registry.calls[-1] == ("DELETE", "/v1/services/demo/demo-1")


async def test_leaving_while_the_registry_is_away_is_quick(registry: StubRegistry, one: Registrar) -> None:
    async with asyncio.timeout(2), one.running():
        await asyncio.sleep(0)


async def test_dying_with_the_registry_gone_says_so(
    registry: StubRegistry, one: Registrar, caplog: pytest.LogCaptureFixture
) -> None:
    async with registry.serving():
        running = one.running()
        await running.__aenter__()
        await eventually(lambda: registry.count("PUT") >= 1)
    async with asyncio.timeout(5):
        await running.__aexit__(None, None, None)
    assert "could not deregister" in caplog.text


async def test_nothing_is_registered_before_the_port_accepts(registry: StubRegistry, daemon: Daemon) -> None:
    port = free_port()
    async with registry.serving(), registrar(registry, port, daemon).running():
        await asyncio.sleep(0.1)  # time in which a wrong registrar would have registered
        assert registry.calls == []
        late = await asyncio.start_server(lambda _r, writer: writer.close(), "127.0.0.1", port)
        async with late:
            await eventually(lambda: registry.count("POST") == 1)


@pytest.fixture(autouse=True)
def _hear_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="arena.sdk")
