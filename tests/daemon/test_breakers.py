"""daemon.breakers: before real gateways in this process, each following the same file."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from arena import tasks
from arena.auth.ledger import Ledger
from arena.auth.signing_key import SigningKey
from arena.daemon import breakers
from arena.daemon.breakers import Breakers
from arena.daemon.worker import Workers
from arena.errors import ArenaError, UsageError
from arena.gateway.connection.listener import listen
from arena.gateway.plane import Plane
from arena.gateway.view import View
from arena.model.address import Address
from arena.model.breaker import BreakerPlace
from arena.model.gateway import GatewaySpec
from arena.model.project import GatewaySettings, Jwt
from arena.model.route import Route
from arena.model.snapshot import Endpoint, Snapshot
from arena.model.traffic import BreakerRule
from tests.gateway.kit import eventually
from tests.sdk.kit import Daemon

NAMES = ("web-1", "web-2")


@dataclass
class Fleet:
    """Two workers, and what commands them. `views` are their insides."""

    breakers: Breakers
    views: list[View]
    addresses: dict[str, Address]

    def in_traffic(self) -> list[list[str]]:
        return [[one.instance for one in view.plane.table.routes[0].service.targets] for view in self.views]


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    keys, orders = tmp_path / "signing-keys.json", tmp_path / "orders.json"
    daemon = Daemon(tmp_path, "gateway")
    Ledger(keys, SigningKey).update(lambda _: [daemon.key])
    spec = GatewaySpec(
        "p", GatewaySettings(issuers=(Jwt("s" * 32),)), (
            Route("web", "web", "/", auth="none"),
            Route("guarded", "web", "/guarded", auth="none", breaker=BreakerRule()),
        ),
        orders_file=str(orders), signing_keys_file=str(keys),
    )  # fmt: skip
    endpoints = tuple(Endpoint("web", name, Address("127.0.0.1", 9), "passing") for name in NAMES)
    addresses, views, servers, running = {}, [], [], []
    for number in (1, 2):
        plane = Plane(replace(spec.settings), None, 100)
        views.append(View(plane, spec, Snapshot(1, "e", endpoints), f"gateway-{number}"))
        servers.append(await listen(plane, "127.0.0.1", 0))
        addresses[f"gateway-{number}"] = Address("127.0.0.1", servers[-1].port)
        running.append(tasks.spawn(views[-1].tend(), name="tend"))
    command = Breakers(orders, Workers(lambda: addresses, daemon.own))
    yield Fleet(command, views, addresses)
    await tasks.cancel(*running)
    for server in servers:
        server.close()
    for view in views:
        for client in view.plane.clients:
            client.transport.abort()


async def test_every_endpoint_of_every_worker_is_listed(fleet: Fleet) -> None:
    rows = await fleet.breakers.rows()
    assert [(row.worker, row.instance or row.route, row.state) for row in rows] == [
        (worker, name, "closed") for worker in ("gateway-1", "gateway-2") for name in (*NAMES, "guarded")
    ]


async def test_a_route_is_tripped_and_nothing_else(fleet: Fleet) -> None:
    rows = await fleet.breakers.trip(BreakerPlace(route="guarded"), None)
    assert [(row.worker, row.route, row.service, row.state) for row in rows] == [
        (worker, "guarded", "web", "tripped") for worker in ("gateway-1", "gateway-2")
    ]
    assert fleet.in_traffic() == [list(NAMES), list(NAMES)]
    assert {row.state for row in await fleet.breakers.reset(BreakerPlace(route="guarded"))} == {"closed"}


async def test_an_order_is_followed_by_all_when_it_returns(fleet: Fleet) -> None:
    began = time.monotonic()
    rows = await fleet.breakers.trip(BreakerPlace("web", "web-2"), None)
    assert time.monotonic() - began < 3.0  # mostly 0.2 s; the machine may be busy
    assert [(row.instance, row.state, row.tripped_until) for row in rows] == [("web-2", "tripped", None)] * 2
    assert fleet.in_traffic() == [["web-1"], ["web-1"]]
    rows = await fleet.breakers.trip(BreakerPlace("web"), 600.0)
    assert len(rows) == 4
    assert all(row.tripped_until is not None and 590 < row.tripped_until - time.time() <= 600 for row in rows)
    assert fleet.in_traffic() == [[], []]
    assert {row.state for row in await fleet.breakers.reset(BreakerPlace("web"))} == {"closed"}
    assert fleet.in_traffic() == [list(NAMES), list(NAMES)]


@pytest.mark.parametrize(
    ("place", "message", "hint"),
    [
        (BreakerPlace("wbe"), "no instance of 'wbe' is registered", "did you mean 'web'?"),
        (BreakerPlace("db"), "no instance of 'db' is registered", "there are: web"),
        (BreakerPlace("web", "web-3"), "web has no instance 'web-3'", "did you mean"),
        (BreakerPlace("web", "nobody"), "web has no instance 'nobody'", "there are: web-1, web-2"),
        (BreakerPlace(route="gaurded"), "no route 'gaurded' has a breaker", "did you mean 'guarded'?"),
        (BreakerPlace(route="web"), "no route 'web' has a breaker", "there are: guarded"),
    ],
)
async def test_what_is_not_there(fleet: Fleet, place: BreakerPlace, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        await fleet.breakers.trip(place, None)
    assert hint in caught.value.hint
    assert fleet.in_traffic() == [list(NAMES), list(NAMES)]


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e12, float("nan")])
async def test_times_that_make_no_sense(fleet: Fleet, seconds: float) -> None:
    with pytest.raises(UsageError, match="more than 0 seconds"):
        await fleet.breakers.trip(BreakerPlace("web"), seconds)
    assert fleet.in_traffic() == [list(NAMES), list(NAMES)]


async def test_no_worker_and_one_that_does_not_answer_are_told(fleet: Fleet) -> None:
    fleet.addresses["gateway-3"] = Address("127.0.0.1", 1)
    with pytest.raises(ArenaError, match="gateway-3 does not answer"):
        await fleet.breakers.rows()
    fleet.addresses.clear()
    with pytest.raises(ArenaError, match="no gateway runs"):
        await fleet.breakers.rows()


async def test_a_worker_that_does_not_follow_is_told_and_the_order_stands(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breakers, "_OBEDIENCE", 0.6)
    fleet.views[1].orders._followed = None
    with pytest.raises(ArenaError, match="not every gateway worker has followed"):
        await fleet.breakers.trip(BreakerPlace("web", "web-1"), None)
    await eventually(lambda: fleet.in_traffic()[0] == ["web-2"])


async def test_a_worker_that_hangs_keeps_no_other_from_following(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breakers, "_OBEDIENCE", 0.6)
    fleet.addresses["gateway-3"] = Address("127.0.0.1", 1)
    with pytest.raises(ArenaError, match="gateway-3 did not answer") as caught:
        await fleet.breakers.trip(BreakerPlace("web", "web-1"), None)
    assert "the order stands" in caught.value.hint
    await eventually(lambda: fleet.in_traffic() == [["web-2"], ["web-2"]])
