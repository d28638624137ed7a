"""A route with a few places, a service that answers when it is told to, and who is in and waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from arena.gateway.table.gate import Gate
from arena.model.concurrency import ConcurrencyLimit
from arena.model.route import Route
from tests.gateway.kit import Gateway, Stub, Talk, eventually

LIMIT = ConcurrencyLimit(2)
ROUTE = Route("web", "web", "/", auth="none", concurrency=(LIMIT,))


class Valve:
    """Holds the answers of a stub until it is opened."""

    def __init__(self, stub: Stub) -> None:
        self.opened = asyncio.Event()
        self.stub = stub
        stub.answer = self.answer

    async def answer(self, talk: Talk) -> None:
        await self.opened.wait()
        await talk.reply()

    async def asked(self, count: int) -> None:
        await eventually(lambda: len(self.stub.asked) == count, f"{count} requests at the service")


@pytest.fixture
def valve(stub: Stub) -> Valve:
    return Valve(stub)


def gate(gateway: Gateway, number: int = 0) -> Gate:
    return gateway.view.gates[number]


@contextmanager
def nothing_left(gateway: Gateway) -> Iterator[None]:
    yield
    assert [(one.in_flight, one.waiting) for one in gateway.view.gates] == [(0, 0)] * len(gateway.view.gates)


async def waiting(gateway: Gateway, count: int = 1) -> None:
    await eventually(lambda: gate(gateway).waiting == count, f"{count} in the queue")
