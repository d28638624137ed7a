"""A counting service, and a gateway before it that remembers keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from arena.model.route import Route
from tests import valkey
from tests.gateway.idempotency.kit import GUARDED, Counter
from tests.gateway.kit import Gateway, Start, Stub, eventually


@pytest.fixture
def service(stub: Stub) -> Counter:
    return Counter(stub)


@pytest.fixture(params=["memory", "state"])
async def guarded(request: pytest.FixtureRequest, start: Start, stub: Stub) -> AsyncIterator[Any]:
    """`await guarded(route)` starts a gateway that remembers in memory, or in a real server."""
    made: list[Gateway] = []
    with valkey.running() as server:

        async def make(route: Route = GUARDED, **more: Any) -> Gateway:
            store = server.address if request.param == "state" else None
            gateway = await start(stub.endpoint(), routes=(route,), store=store, **more)
            made.append(gateway)
            await eventually(lambda: gateway.view.store is None or gateway.view.store.up)
            return gateway

        yield make
        for gateway in made:
            if gateway.view.store is not None:
                gateway.view.store.close()
        await asyncio.sleep(0)
