"""A gateway in the test's own event loop, with stubs behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import uvloop

from arena.gateway.connection.listener import listen
from arena.gateway.plane import Plane
from arena.gateway.view import View
from arena.model.gateway import GatewaySpec
from arena.model.project import GatewaySettings, Jwt
from arena.model.route import Route
from arena.model.snapshot import Endpoint, Snapshot
from arena.model.store import StoreAddress
from arena.model.traffic import Traffic
from arena.tasks import cancel, spawn
from arena.telemetry.accesslog import LineWriter
from tests.gateway.kit import PUBLIC, SECRET, Answer, Client, Gateway, Start, Stub, connected, eventually, hello


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """These tests run on the loop that the gateway runs on; the storm also on the one it falls back to."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"uvloop": uvloop.new_event_loop}
    if item.path.name == "test_storm.py":
        loops["asyncio"] = asyncio.new_event_loop
    return loops


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    one = Stub()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def stubs() -> AsyncIterator[Callable[[Answer], Awaitable[Stub]]]:
    """Makes further stubs."""
    made: list[Stub] = []

    async def make(answer: Answer = hello) -> Stub:
        made.append(Stub(answer))
        await made[-1].start()
        return made[-1]

    yield make
    for one in made:
        await one.stop()


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts a gateway: `await start(*endpoints, routes=..., timeouts=..., **settings)`."""
    files: list[BinaryIO] = []
    mishaps: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: mishaps.append(context))
    running: list[tuple[Gateway, list[asyncio.Task[None]]]] = []

    async def make(
        *endpoints: Endpoint,
        routes: tuple[Route, ...] = (PUBLIC,),
        services: tuple[str, ...] = (),
        max_connections: int = 1000,
        store: StoreAddress | None = None,
        traffic: Traffic | None = None,
        signing_keys: Path | None = None,
        guarded: tuple[str, ...] = (),
        **settings: object,
    ) -> Gateway:
        given = replace(GatewaySettings(issuers=(Jwt(SECRET),)), **settings)  # type: ignore[arg-type]
        spec = GatewaySpec("test", given, routes, services, store=store)
        if signing_keys is not None:
            spec = replace(spec, signing_keys_file=str(signing_keys), guarded=guarded)
        if traffic is not None:
            spec = replace(spec, traffic=dict.fromkeys({e.service for e in endpoints}, traffic))
        log_file = tmp_path / f"access-{len(running)}.log"
        file = log_file.open("wb")
        plane = Plane(spec.settings, LineWriter(file.fileno()), max_connections)
        view = View(plane, spec, Snapshot(1, "test", endpoints))
        server = await listen(plane, "127.0.0.1", 0)
        gateway = Gateway(plane, view, server.port, log_file, server)
        files.append(file)
        running.append((gateway, [spawn(plane.sweep(), name="sweep"), spawn(plane.write_log(), name="log")]))
        await eventually(lambda: view.store is None or view.store.up, "the store is up")
        return gateway

    yield make
    for gateway, tasks in running:
        gateway.server.close()
        if gateway.view.store is not None:
            gateway.view.store.close()
        for connection in (*gateway.plane.clients, *gateway.plane.upstreams):
            connection.transport.abort()
        await cancel(*tasks)
    await asyncio.sleep(0)
    for file in files:
        file.close()
    # Stubs are cancelled in the middle of things; everything else is a bug of ours.
    assert [one for one in mishaps if not isinstance(one.get("exception"), asyncio.CancelledError)] == []


@pytest.fixture
async def gateway(start: Start, stub: Stub) -> Gateway:
    """One public route to one stub."""
    return await start(stub.endpoint())


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[Client]:
    """Connected to the `gateway` fixture."""
    async with connected(gateway) as one:
        yield one
