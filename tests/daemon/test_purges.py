"""daemon.purges: before two real gateways in this process, each following the same file, in memory and in one store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from arena import tasks
from arena.auth.ledger import Ledger
from arena.auth.signing_key import SigningKey
from arena.daemon import purges
from arena.daemon.purges import Purges
from arena.daemon.worker import Workers
from arena.errors import ArenaError, UsageError
from arena.gateway.connection.listener import listen
from arena.gateway.plane import Plane
from arena.gateway.view import View
from arena.model.address import Address
from arena.model.cache import CacheRule, CacheSettings, Purge
from arena.model.gateway import GatewaySpec
from arena.model.project import GatewaySettings, Jwt
from arena.model.route import Route
from arena.model.snapshot import Snapshot
from arena.model.store import StoreAddress
from tests import valkey
from tests.gateway.cache.kit import Origin, origin
from tests.gateway.kit import Stub, eventually
from tests.sdk.kit import Daemon

ROUTES = (
    Route("shop", "web", "/shop", auth="none", cache=CacheRule()),
    Route("blog", "web", "/blog", auth="none", cache=CacheRule()),
    Route("plain", "web", "/plain", auth="none"),
)


@dataclass
class Fleet:
    """Two workers, and what commands them."""

    purges: Purges
    views: list[View]
    addresses: dict[str, Address]
    service: Origin

    async def ask(self, *paths: str) -> list[str]:
        """What Cache-Status begins with at each worker in turn, for each path."""
        async with httpx.AsyncClient(trust_env=False) as client:
            replies = [await client.get(one.url + path) for path in paths for one in self.addresses.values()]
        return [reply.headers["cache-status"].split(";")[1].strip() for reply in replies]


@asynccontextmanager
async def running(folder: Path, routes: tuple[Route, ...], store: StoreAddress | None) -> AsyncIterator[Fleet]:
    keys, orders = folder / "signing-keys.json", folder / "purges.json"
    daemon = Daemon(folder, "gateway")
    Ledger(keys, SigningKey).update(lambda _: [daemon.key])
    stub = Stub()
    await stub.start()
    settings = GatewaySettings(issuers=(Jwt("s" * 32),), cache=CacheSettings(store="state" if store else "memory"))
    spec = GatewaySpec("p", settings, routes, purges_file=str(orders), signing_keys_file=str(keys), store=store)
    addresses, views, servers, following = {}, [], [], []
    for number in (1, 2):
        plane = Plane(replace(spec.settings), None, 100)
        views.append(View(plane, spec, Snapshot(1, "e", (stub.endpoint(),)), f"gateway-{number}"))
        servers.append(await listen(plane, "127.0.0.1", 0))
        addresses[f"gateway-{number}"] = Address("127.0.0.1", servers[-1].port)
        following.append(tasks.spawn(views[-1].follow_purges(), name="purges"))
    workers = Workers(lambda: addresses, daemon.own)
    yield Fleet(Purges(orders, workers), views, addresses, origin(stub))
    await tasks.cancel(*following)
    for server, view in zip(servers, views, strict=True):
        server.close()
        for connection in (*view.plane.clients, *view.plane.upstreams):
            connection.transport.abort()
        if view.store is not None:
            view.store.close()
    await stub.stop()
    await asyncio.sleep(0)


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    async with running(tmp_path, ROUTES, None) as one:
        yield one


async def test_every_worker_has_forgotten_when_it_returns(fleet: Fleet) -> None:
    paths = ("/shop/hats", "/shop/shoes?size=9", "/blog/hats")
    assert await fleet.ask(*paths, *paths) == ["fwd=miss"] * 6 + ["hit"] * 6
    rows = await fleet.purges.purge(Purge(url="/shop/shoes?size=9"))
    assert [(row.worker, row.forgot) for row in rows] == [("gateway-1", 1), ("gateway-2", 1)]
    assert await fleet.ask(*paths) == ["hit", "hit", "fwd=miss", "fwd=miss", "hit", "hit"]
    assert [row.forgot for row in await fleet.purges.purge(Purge(url="/shop", below=True))] == [2, 2]
    assert [row.forgot for row in await fleet.purges.purge(Purge("blog"))] == [1, 1]
    assert await fleet.ask(*paths) == ["fwd=miss"] * 6
    assert [row.forgot for row in await fleet.purges.purge(Purge())] == [3, 3]
    assert [row.forgot for row in await fleet.purges.purge(Purge())] == [0, 0]
    port = fleet.addresses["gateway-1"].port
    await fleet.ask("/shop/hats")
    rows = await fleet.purges.purge(Purge(url=f"http://127.0.0.1:{port}/shop/hats"))
    assert [row.forgot for row in rows] == [1, 0], "the other was asked under another address"


async def test_the_store_forgets_too(tmp_path: Path) -> None:
    with valkey.running() as server:
        async with running(tmp_path, ROUTES, server.address) as fleet:
            first, second = fleet.views
            await eventually(lambda: all(view.store is not None and view.store.up for view in fleet.views))
            # One host for both: what one keeps the other gives.
            headers = {"host": "shop.example"}
            async with httpx.AsyncClient(trust_env=False, headers=headers) as client:

                async def told(view: View, path: str) -> str:
                    reply = await client.get(f"{fleet.addresses[view.worker].url}{path}")
                    return str(reply.headers["cache-status"].split(";")[1].strip())

                async def hit(view: View, path: str) -> None:
                    async with asyncio.timeout(5):
                        while await told(view, path) != "hit":
                            pass

                for path in ("/shop/hats", "/blog/hats"):
                    await hit(first, path)
                    await hit(second, path)
                rows = await fleet.purges.purge(Purge("shop", "http://shop.example", below=True))
                assert sum(row.forgot for row in rows) == 1
                assert [await told(view, "/blog/hats") for view in fleet.views] == ["hit", "hit"]
                assert await told(second, "/shop/hats") == "fwd=miss"


@pytest.mark.parametrize(
    ("what", "message", "hint"),
    [
        (Purge("shpo"), "no route 'shpo' keeps replies", "did you mean 'shop'?"),
        (Purge("plain"), "no route 'plain' keeps replies", "there are: blog, shop"),
        (Purge(url="hats?token=secret"), "'hats' cannot be purged: it is neither a path", ""),
        (Purge(url="/hats?a", below=True), "a prefix has no query", ""),
    ],
)
async def test_what_cannot_be_meant(fleet: Fleet, what: Purge, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message.replace("?", r"\?")) as caught:
        await fleet.purges.purge(what)
    assert hint in caught.value.hint and "secret" not in caught.value.message
    assert [view.purges.forgot for view in fleet.views] == [{}, {}]


async def test_where_nothing_is_kept(tmp_path: Path) -> None:
    async with running(tmp_path, ROUTES[2:], None) as fleet:
        with pytest.raises(UsageError, match="no route keeps replies"):
            await fleet.purges.purge(Purge())


async def test_a_worker_that_does_not_answer_keeps_no_other_from_forgetting(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purges, "_OBEDIENCE", 0.6)
    await fleet.ask("/shop/hats")
    fleet.addresses["gateway-3"] = Address("127.0.0.1", 1)
    with pytest.raises(ArenaError, match="gateway-3 did not answer"):
        await fleet.purges.purge(Purge())
    await eventually(lambda: all(view.purges.obeyed for view in fleet.views))
    del fleet.addresses["gateway-3"]
    assert await fleet.ask("/shop/hats") == ["fwd=miss"] * 2
    fleet.addresses.clear()
    fleet.addresses["gateway-3"] = Address("127.0.0.1", 1)
    with pytest.raises(ArenaError, match="gateway-3 does not answer"):
        await fleet.purges.purge(Purge())
