"""A counting service, and a gateway before it that remembers keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from arena.model.route import Route
from tests import valkey
from tests.gateway.idempotency.kit import GUARDED, Counter
from tests.gateway.kit import Gateway, Start, Stub


@pytest.fixture
def service(stub: Stub) -> Counter:
    return Counter(stub)


@pytest.fixture(params=["memory", "state"])
async def guarded(request: pytest.FixtureRequest, start: Start, stub: Stub) -> AsyncIterator[Any]:
    """`await guarded(route)` starts a gateway that remembers in memory, or in a real server."""
    with valkey.running() as server:

        async def make(route: Route = GUARDED, **more: Any) -> Gateway:
            store = server.address if request.param == "state" else None
            return await start(stub.endpoint(), routes=(route,), store=store, **more)

        yield make
