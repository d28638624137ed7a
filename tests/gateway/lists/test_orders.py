"""gateway.orders: what people order about endpoints, followed while the gateway runs."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from arena.auth.ledger import Ledger
from arena.gateway.lists.orders import Orders
from arena.gateway.view import View
from arena.model.breaker import BreakerOrder, BreakerPlace
from arena.model.snapshot import Snapshot
from arena.model.traffic import BreakerRule, Traffic
from arena.policy.order import added
from arena.tasks import cancel, spawn
from tests.gateway.kit import Gateway, Start, Stub, bearer, connected, eventually, get, nowhere


def give(file: Path, verb: str, instance: str = "", until: float | None = None) -> None:
    now = time.time()
    order = BreakerOrder(verb, BreakerPlace("web", instance), now, until)  # type: ignore[arg-type]  # a literal
    Ledger(file, BreakerOrder).update(lambda rows: added(rows, order, now))


def in_traffic(gateway: Gateway) -> list[str]:
    return [one.instance for one in gateway.plane.table.routes[0].service.targets]


async def followed(gateway: Gateway, file: Path):  # type: ignore[no-untyped-def]  # a task of ours
    gateway.view.use_spec(replace(gateway.view.spec, orders_file=str(file)))
    return spawn(gateway.view.tend(), name="tend")


async def test_a_trip_takes_effect_soon_and_a_reset_ends_it(start: Start, stubs, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # fixtures
    file = tmp_path / "orders.json"
    one, other = await stubs(), await stubs()
    gateway = await start(one.endpoint(), other.endpoint(instance="web-2"))
    task = await followed(gateway, file)
    give(file, "trip", "web-2")
    await eventually(lambda: in_traffic(gateway) == ["web-1"])
    async with connected(gateway) as client:
        for _ in range(20):
            assert (await client.ask(get())).status == 200
        assert (len(one.asked), len(other.asked)) == (20, 0)
        gateway.endpoints(one.endpoint(), other.endpoint(instance="web-2"), nowhere("web-3"))
        assert in_traffic(gateway) == ["web-1", "web-3"], "a swap changes nothing about it"
        give(file, "trip")
        await eventually(lambda: in_traffic(gateway) == [])
        detail = str((await client.ask(get())).problem(503, "unavailable")["detail"])
        assert "arena breaker list" in detail
        page = (await client.ask(get("/breakers", bearer("operator")))).json
        assert {row["state"] for row in page["breakers"]} == {"tripped"}  # type: ignore[attr-defined]  # a list of rows
        assert page["obeyed"] > time.time() - 60  # type: ignore[operator]  # a number
    give(file, "reset")
    await eventually(lambda: in_traffic(gateway) == ["web-1", "web-2", "web-3"])
    await cancel(task)


async def test_a_trip_with_an_end_ends_by_itself(start: Start, stub: Stub, tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    gateway = await start(stub.endpoint())
    task = await followed(gateway, file)
    give(file, "trip")
    await eventually(lambda: in_traffic(gateway) == [])
    end = time.time() + 0.5
    give(file, "trip", until=end)
    await eventually(lambda: in_traffic(gateway) == ["web-1"])
    assert time.time() >= end
    await cancel(task)


async def test_a_reset_closes_open_breakers_once(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    gateway = await start(nowhere(), traffic=Traffic(BreakerRule(failures=1, open_for=3600.0)))
    task = await followed(gateway, file)
    (target,) = gateway.plane.table.routes[0].service.targets
    assert target.breaker is not None
    async with connected(gateway) as client:
        (await client.ask(get())).problem(502, "upstream-failed")
        assert not target.breaker.closed
        give(file, "reset", "web-0")
        await eventually(lambda: target.breaker is not None and target.breaker.closed)
        (await client.ask(get())).problem(502, "upstream-failed")
        give(file, "trip", "web-9")
        before = gateway.view.orders.obeyed
        await eventually(lambda: gateway.view.orders.obeyed > before)
        assert not target.breaker.closed, "an old reset is not carried out again"
    await cancel(task)


def test_who_starts_later_obeys_from_the_first_request(tmp_path: Path, gateway: Gateway) -> None:
    file = tmp_path / "orders.json"
    give(file, "trip", "web-1")
    spec = replace(gateway.view.spec, orders_file=str(file))
    view = View(gateway.plane, spec, Snapshot(1, "e", (nowhere("web-1"), nowhere("web-2"))))
    assert [one.instance for roster in view.rosters for one in roster.service.targets] == ["web-2"]


async def test_a_damaged_list_does_not_keep_the_gateway_from_starting(tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    file.write_text("{")
    orders = Orders(str(file))
    assert orders.rows == ()
    file.unlink()
    give(file, "reset")
    assert await orders.refresh()
    assert [row.verb for row in orders.resets()] == ["reset"]
    assert orders.resets() == []
    assert not await Orders("").refresh()
