"""gateway.lists.purges: kept replies that people want forgotten, while the gateway runs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from arena.auth.ledger import Ledger
from arena.gateway.lists.purges import Purges
from arena.gateway.memory import Memory
from arena.model.cache import CacheRule, CacheSettings, Purge, PurgeOrder
from arena.model.gateway import GatewaySpec
from arena.model.project import GatewaySettings
from arena.policy.cache.purge import KEEP_SECONDS, added
from arena.tasks import cancel, spawn
from tests import valkey
from tests.gateway.cache.kit import OPEN, gated, origin, ruled, said
from tests.gateway.kit import Start, Stub, bearer, connected, eventually, get


def give(file: Path, what: Purge, ago: float = 0.0) -> float:
    order = PurgeOrder(what, time.time() - ago)
    return Ledger(file, PurgeOrder).update(lambda rows: added(rows, order))[-1].at


async def test_a_kept_reply_is_forgotten_and_one_on_its_way_is_not_kept(
    start: Start, stub: Stub, tmp_path: Path
) -> None:
    file = tmp_path / "purges.json"
    service = origin(stub)
    gateway = await start(stub.endpoint(), routes=(ruled(coalesce=True),))
    gateway.view.use_spec(replace(gateway.view.spec, purges_file=str(file)))
    task = spawn(gateway.view.follow_purges(), name="purges")
    purges = gateway.view.purges
    async with connected(gateway) as client, connected(gateway) as slow:
        for path in ("/hats", "/shoes"):
            await client.ask(get(path))
        at = give(file, Purge(url="/hats"))
        await eventually(lambda: purges.obeyed == at)
        assert purges.forgot == {at: 1}
        assert said(await client.ask(get("/hats"))).startswith("fwd=miss")
        assert said(await client.ask(get("/shoes"))).startswith("hit")
        go, _ = gated(stub, service.headers)
        await slow.send(get("/new"))
        await eventually(lambda: stub.asked[-1].target == "/new")
        at = give(file, Purge("web"))
        await eventually(lambda: purges.obeyed == at)
        go.set()
        late = await client.ask(get("/new"))
        assert "collapsed" not in said(late), "nobody waits for what was asked for before"
        await slow.reply()
        assert (await client.ask(get("/new"))).body == late.body
        page = (await client.ask(get("/.well-known/arena-cache.json", bearer("operator")))).json
        assert page == {
            "worker": "", "obeyed": at, "routes": ["web"], "problem": "",
            "forgot": [{"at": each, "count": count} for each, count in purges.forgot.items()],
        }  # fmt: skip
        assert b"\narena_gateway_cache_purged_total 3\n" in (await client.ask(get("/metrics"))).body
    await cancel(task)


async def test_strangers_do_not_read_the_page(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        page = "/.well-known/arena-cache.json"
        (await client.ask(get(page))).problem(401, "unauthenticated")
        (await client.ask(get(page, bearer("user")))).problem(403, "forbidden")


async def test_who_starts_later_carries_out_those_of_the_last_minutes(tmp_path: Path) -> None:
    file = tmp_path / "purges.json"
    give(file, Purge("old"), ago=KEEP_SECONDS + 1)
    at = give(file, Purge("web"))
    purges = Purges(str(file))
    await purges.follow(Memory())
    assert (purges.obeyed, purges.forgot) == (at, {at: 0})
    nobody = Purges("")
    await nobody.follow(Memory())
    assert nobody.obeyed == 0.0


async def test_a_store_that_is_down_is_purged_when_it_is_back(tmp_path: Path, start: Start, stub: Stub) -> None:
    file = tmp_path / "purges.json"
    with valkey.running() as server:
        origin(stub)
        gateway = await start(stub.endpoint(), routes=(OPEN,), store=server.address, cache=CacheSettings(store="state"))
        view = gateway.view
        view.use_spec(replace(view.spec, purges_file=str(file)))
        async with connected(gateway) as client:
            await client.ask(get("/"))
            await eventually(lambda: view.memory.cache is not None and view.memory.cache.store.size)
            server.freeze()
            at = give(file, Purge())
            task = spawn(view.follow_purges(), name="purges")
            await eventually(lambda: view.purges.problem)
            assert view.purges.obeyed == 0.0
            page = (await client.ask(get("/.well-known/arena-cache.json", bearer("operator")))).json
            assert page["problem"] == "the state store did not answer until the end"
            server.thaw()
            await eventually(lambda: view.purges.obeyed == at)
            # What it did before it fell silent nobody could hear.
            assert view.purges.forgot[at] <= 1
            assert said(await client.ask(get("/"))).startswith("fwd=miss")
        await cancel(task)


def test_a_damaged_list_does_not_keep_the_gateway_from_starting(tmp_path: Path) -> None:
    file = tmp_path / "purges.json"
    file.write_text("{")
    assert Purges(str(file)).obeyed == 0.0


def test_memory_purges_only_what_it_keeps() -> None:
    memory = Memory()
    memory.use(GatewaySpec("p", GatewaySettings(), (replace(OPEN, cache=CacheRule()),)), None)
    assert asyncio.run(memory.purge(Purge(), 1.0)) == 0
