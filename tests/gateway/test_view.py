"""gateway.view: swapping under load, and knowing how old the view is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from arena.errors import ConfigError
from arena.model.project import Jwt
from arena.model.route import Route
from arena.model.snapshot import Snapshot
from tests.gateway.kit import Answer, Gateway, Start, Stub, Talk, bearer, connected, eventually, get


async def test_swaps_under_load_cost_no_request(start: Start, stubs: Callable[[Answer], Awaitable[Stub]]) -> None:
    async def answer(talk: Talk) -> None:
        await talk.reply(b"x" * 1000)

    one, two = await stubs(answer), await stubs(answer)
    gateway = await start(one.endpoint())
    stop = asyncio.Event()
    statuses: list[int] = []

    async def load() -> None:
        async with connected(gateway) as client:
            while not stop.is_set():
                statuses.append((await client.ask(get())).status)

    clients = [asyncio.create_task(load()) for _ in range(8)]
    for n in range(60):
        endpoints = [one.endpoint(), two.endpoint(instance="web-2")]
        gateway.endpoints(*endpoints[n % 2 : n % 2 + 1 + n % 3])
        await asyncio.sleep(0.005)
    stop.set()
    await asyncio.gather(*clients)
    assert len(statuses) > 100
    assert set(statuses) == {200}
    assert one.asked
    assert two.asked
    assert all(target.in_flight == 0 for target in gateway.view._assembler._targets.values())


async def test_a_retired_target_finishes_what_it_has_and_pools_nothing(gateway: Gateway, stub: Stub) -> None:
    go = asyncio.Event()

    async def slow(talk: Talk) -> None:
        await go.wait()
        await talk.reply()

    stub.answer = slow
    async with connected(gateway) as client:
        await client.send(get())
        await eventually(lambda: stub.asked)
        gateway.endpoints()
        go.set()
        assert (await client.reply()).body == b"hello"
        await eventually(lambda: stub.open_now == 0, "the connection of a retired target is closed")
        assert (await client.ask(get())).status == 503


async def test_a_new_secret_refuses_tokens_of_the_old_one_at_once(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(Route("r", "web", "/"),))
    async with connected(gateway) as client:
        assert (await client.ask(get("/", bearer()))).status == 200
        spec = gateway.view.spec
        gateway.view.use_spec(replace(spec, settings=replace(spec.settings, issuers=(Jwt("n" * 32),))))
        assert (await client.ask(get("/", bearer()))).status == 401
        assert (await client.ask(get("/", bearer(secret="n" * 32)))).status == 200


async def test_a_spec_that_cannot_be_used_changes_nothing(gateway: Gateway) -> None:
    before = gateway.plane.table
    with pytest.raises(ConfigError):
        gateway.view.use_spec(
            replace(gateway.view.spec, settings=replace(gateway.view.spec.settings, issuers=(Jwt("x"),)))
        )
    assert gateway.plane.table is before
    assert gateway.view.spec.settings.issuers[0].secret != "x"


async def test_age_and_staleness(gateway: Gateway) -> None:
    view = gateway.view
    assert (view.stale, view.age()) == (False, float("inf"))
    view.spec = replace(view.spec, registry_url="http://127.0.0.1:1")
    assert view.stale
    view.use_snapshot(Snapshot(5, "e"))
    assert (view.stale, view.age(), view.source) == (False, 0.0, "registry")
    view.touch(connected=False)
    assert view.stale
    await eventually(lambda: view.age() > 0.01)
    age = view.age()
    view.touch(connected=False)
    assert view.age() >= age
