"""gateway.chaos: faults asked for while the gateway runs, and that each of them ends."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from arena.auth.ledger import Ledger
from arena.gateway.lists.chaos import Chaos
from arena.model.chaos import Injection
from arena.model.resilience import Fault
from arena.model.route import Route
from arena.tasks import cancel, spawn
from tests.gateway.kit import Client, Gateway, Start, Stub, at_rest, connected, get

ABORT = Fault(abort=503)


class Hand:
    """A gateway, and the hand that makes its faults."""

    def __init__(self, gateway: Gateway, file: Path) -> None:
        self.gateway = gateway
        self.ledger = Ledger(file, Injection)

    def put(self, *rows: Injection) -> None:
        self.ledger.update(lambda _rows: rows)


@pytest.fixture
async def hand(start: Start, stub: Stub, tmp_path: Path) -> AsyncIterator[Hand]:
    routes = (Route("web", "web", "/web", auth="none"), Route("other", "other", "/other", auth="none"))
    gateway = await start(stub.endpoint(), stub.endpoint("other", "other-1"), routes=routes)
    file = tmp_path / "state" / "chaos.json"
    gateway.view.use_spec(replace(gateway.view.spec, chaos_file=str(file)))
    tending = spawn(gateway.view.tend(), name="tend")
    yield Hand(gateway, file)
    await cancel(tending)


async def until(client: Client, path: str, status: int) -> None:
    """Ask until that is the answer."""
    end = time.monotonic() + 5.0
    while (reply := await client.ask(get(path))).status != status:
        assert time.monotonic() < end, reply


def soon(service: str = "web", seconds: float = 60.0, fault: Fault = ABORT) -> Injection:
    return Injection(f"{service}-{seconds}", service, fault, time.time() + seconds)


async def test_it_begins_and_ends_while_the_gateway_runs(hand: Hand) -> None:
    async with connected(hand.gateway) as client:
        assert (await client.ask(get("/web"))).status == 200
        hand.put(soon())
        await until(client, "/web", 503)
        reply = await client.ask(get("/web"))
        reply.problem(503, "fault-injected")
        assert reply.header("x-arena-fault") == "abort"
        assert (await client.ask(get("/other"))).status == 200
        hand.put()
        await until(client, "/web", 200)
    assert all(not route.filters or len(route.filters) == 1 for route in hand.gateway.plane.table.routes)
    await at_rest(hand.gateway)


async def test_it_ends_by_itself_when_nobody_ends_it(hand: Hand) -> None:
    async with connected(hand.gateway) as client:
        hand.put(soon(seconds=0.8))
        await until(client, "/web", 503)
        await until(client, "/web", 200)
    assert len(hand.ledger.read()) == 1  # the list still says so; its time is over


async def test_several_at_once(hand: Hand) -> None:
    async with connected(hand.gateway) as client:
        hand.put(soon("web", fault=Fault(delay=0.05)), soon("other"))
        await until(client, "/other", 503)
        assert (await client.ask(get("/web"))).header("x-arena-fault") == "delay"


async def test_a_damaged_list_changes_nothing(hand: Hand) -> None:
    async with connected(hand.gateway) as client:
        hand.put(soon())
        await until(client, "/web", 503)
        hand.ledger.path.write_text("{")
        hand.ledger.path.chmod(0o600)
        chaos = hand.gateway.view.chaos
        await chaos.refresh()
        assert len(chaos.rows) == 1
        assert (await client.ask(get("/web"))).status == 503


async def test_what_is_over_at_the_start_is_not_in_force(tmp_path: Path) -> None:
    file = tmp_path / "chaos.json"
    Ledger(file, Injection).update(lambda _rows: [soon(seconds=-1.0), soon(seconds=60.0)])
    assert [row.id for row in Chaos(str(file)).rows] == ["web-60.0"]
    assert Chaos("").filters(["web"]) == []
    assert not await Chaos("").refresh()
