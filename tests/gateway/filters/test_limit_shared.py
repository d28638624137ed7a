"""gateway.filters.limit_shared: one count for several gateways, and what happens without the store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import get_args

import pytest

from arena.gateway.filters.limit import Meter
from arena.gateway.filters.limit_shared import arguments, name_of, spare
from arena.model.route import Algorithm, RateLimit, Route
from tests import valkey
from tests.gateway.kit import Client, Gateway, Start, Stub, bearer, connected, eventually, get, post

SLOW = 0.001
CHOSEN = RateLimit(2 / 3600, 2, "header:x-tenant", name="chosen")


@pytest.fixture(scope="module")
def server() -> Iterator[valkey.Server]:
    with valkey.running() as one:
        yield one


@pytest.fixture
def shared(start: Start, stub: Stub, server: valkey.Server) -> object:
    """`await shared(*limits)` starts one more gateway that counts in the server."""

    async def make(*limits: RateLimit, **more: object) -> Gateway:
        return await start(stub.endpoint(), rate_limits=limits, store=server.address, **more)

    return make


async def ask(client: Client, *lines: bytes) -> int:
    return (await client.ask(get("/", *lines))).status


async def health(client: Client) -> dict[str, object]:
    found: dict[str, object] = json.loads((await client.ask(get("/health"))).body)
    return found


@pytest.mark.parametrize("algorithm", get_args(Algorithm))
async def test_gateways_share_one_count_to_the_last_request(shared: object, algorithm: Algorithm) -> None:
    limit = RateLimit(50 / 86400, 50, "header:x-tenant", algorithm, name=f"shared-{algorithm}")
    gateways = [await shared(limit) for _ in range(2)]  # type: ignore[operator]  # a fixture's function

    async def client_of(gateway: Gateway) -> list[int]:
        async with connected(gateway) as client:
            return [await ask(client, b"X-Tenant: a\r\n") for _ in range(10)]

    replies = await asyncio.gather(*(client_of(gateway) for gateway in gateways * 4))
    statuses = [status for each in replies for status in each]
    assert statuses.count(200) == 50
    assert statuses.count(429) == 30


async def test_headers_shadow_limits_and_all_or_none_are_as_in_memory(shared: object) -> None:
    limits = (
        RateLimit(SLOW, 5, "ip", "fixed_window", name="wide"),
        RateLimit(SLOW, 2, "header:x-tenant", "sliding_log", name="tight"),
        RateLimit(SLOW, 1, "ip", name="trial", enforce=False),
    )
    gateway = await shared(*limits)  # type: ignore[operator]
    async with connected(gateway) as client:
        first = await client.ask(get("/", b"X-Tenant: a\r\n"))
        assert first.header("ratelimit-policy") == '"wide";q=5;w=5000, "tight";q=2;w=2000'
        assert (first.header("ratelimit") or "").startswith('"wide";r=4;t=')
        assert [await ask(client, b"X-Tenant: a\r\n") for _ in range(4)] == [200, 429, 429, 429]
        assert [await ask(client, b"X-Tenant: %d\r\n" % n) for n in range(4)] == [200, 200, 200, 429]
    over = {title: one.over for (_, title, _), one in gateway.plane.stats.limits.items()}
    assert (over["wide"], over["tight"]) == (1, 3)
    assert over["trial"] >= 4


async def test_a_body_waits_for_the_answer(shared: object, stub: Stub) -> None:
    gateway = await shared(RateLimit(SLOW, 9, "ip", name="bodies"))  # type: ignore[operator]
    async with connected(gateway) as client:
        body = b"x" * 300_000
        assert (await client.ask(post(body))).status == 200
    assert stub.asked[-1].body == body


async def test_limits_before_and_behind_the_credential(shared: object) -> None:
    limits = (RateLimit(SLOW, 4, "ip", name="early"), RateLimit(SLOW, 2, name="late"))
    gateway = await shared(*limits, routes=(Route("r", "web", "/"),))  # type: ignore[operator]
    async with connected(gateway) as client:
        assert [await ask(client) for _ in range(2)] == [401, 401]
        caller = bearer("user")
        reply = await client.ask(get("/", caller))
        assert reply.status == 200
        assert await ask(client, caller) == 200
        assert await ask(client, caller) == 429


async def test_a_store_that_is_down_is_said_and_each_limit_does_as_it_says(
    shared: object, server: valkey.Server
) -> None:
    lax = RateLimit(SLOW, 1, "ip", name="lax")
    strict = RateLimit(SLOW, 1, "header:x-tenant", name="strict", on_store_error="deny")
    routes = (
        Route("open", "web", "/open", auth="none"),
        Route("shut", "web", "/shut", auth="none", rate_limits=(strict,)),
    )
    gateway = await shared(lax, routes=routes)  # type: ignore[operator]
    async with connected(gateway) as client:
        assert (await health(client))["status"] == "ok"
        server.kill()
        await eventually(lambda: not gateway.view.store.reachable, "the loss is noticed")
        assert [(await client.ask(get("/open"))).status for _ in range(3)] == [200, 200, 200]
        refused = await client.ask(get("/shut"))
        refused.problem(503, "limits-unavailable")
        assert refused.header("retry-after") == "1"
        told = await health(client)
        assert told["status"] == "degraded"
        store = told["store"]
        assert isinstance(store, dict)
        assert (store["up"], store["limits_not_enforced"], store["limits_refusing"]) == (False, ["lax"], ["strict"])
        assert store["error"]
        page = (await client.ask(get("/metrics"))).body.decode()
        assert "arena_gateway_store_up 0" in page
        assert 'arena_gateway_limit_unchecked_total{limit="lax",route="",enforced="true"} 4' in page
        server.start()
        await eventually(lambda: gateway.view.store.up, "it is back")
        assert [(await client.ask(get("/open"))).status for _ in range(2)] == [200, 429]
        assert (await health(client))["status"] == "ok"


async def test_another_spec_moves_the_counting(shared: object, start: Start) -> None:
    from dataclasses import replace

    gateway = await shared(RateLimit(SLOW, 2, "ip", name="moves"))  # type: ignore[operator]
    store, spec = gateway.view.store, gateway.view.spec
    gateway.view.use_spec(replace(spec, settings=replace(spec.settings, port=1)))
    assert gateway.view.store is store
    gateway.view.use_spec(replace(spec, store=None))
    assert gateway.view.store is None
    async with connected(gateway) as client:
        assert [await ask(client) for _ in range(3)] == [200, 200, 429]
        assert "store" not in await health(client)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[valkey.Server]:
    monkeypatch.setattr("arena.gateway.store.store.LOOK_SECONDS", 0.01)
    with valkey.running("--maxmemory", "8mb", "--maxmemory-policy", "noeviction") as one:
        yield one


async def flood(gateway: Gateway, limit: RateLimit, count: int) -> None:
    """Requests of so many callers, each with a name that nobody had before."""
    store = gateway.view.store
    assert store is not None
    meters = [Meter("", limit, gateway.plane.stats)]
    names, words = [name_of("test", meters[0])], arguments(meters)
    for start in range(0, count, 100):
        every = [[names[0] + b"%0100d" % number] for number in range(start, start + 100)]
        await asyncio.gather(
            *(store.limits(keys, words, spare(names, keys) if store.crowded else ()) for keys in every)
        )


async def test_strangers_who_call_themselves_anything_switch_no_limit_off(
    start: Start, stub: Stub, small: valkey.Server
) -> None:
    gateway = await start(stub.endpoint(), rate_limits=(CHOSEN,), store=small.address)
    store = gateway.view.store
    assert store is not None
    await eventually(lambda: store.up and store.fill)
    async with connected(gateway) as client:
        known, new = bearer(), bearer()
        assert await ask(client, known, b"X-Tenant: known\r\n") == 200
        await flood(gateway, CHOSEN, 60_000)
        await eventually(lambda: store.crowded)
        assert store.fill < 0.8
        assert (await health(client))["store"]["crowded"] is True  # type: ignore[index]  # an object
        assert [await ask(client, known, b"X-Tenant: known\r\n") for _ in range(2)] == [200, 429], (
            "its own count goes on"
        )
        assert await ask(client, new, b"X-Tenant: new\r\n") == 429, "what new callers share is used up"
        page = (await client.ask(get("/metrics"))).body.decode()
        assert "arena_gateway_store_fill_ratio 0." in page
        assert {one.unchecked for one in gateway.plane.stats.limits.values()} == {0}
        await store.ask("FLUSHALL")
        await eventually(lambda: not store.crowded)
        assert [await ask(client, new, b"X-Tenant: new\r\n") for _ in range(3)] == [200, 200, 429]
        assert "crowded" not in (await health(client))["store"]  # type: ignore[operator]  # an object


@pytest.mark.parametrize("algorithm", get_args(Algorithm))
async def test_who_shares_a_count_gets_together_what_one_would(
    start: Start, stub: Stub, server: valkey.Server, algorithm: Algorithm
) -> None:
    limit = RateLimit(5 / 86400, 5, "header:x-tenant", algorithm, name=f"crowd-{algorithm}")
    gateway = await start(stub.endpoint(), rate_limits=(limit,), store=server.address)
    store = gateway.view.store
    assert store is not None
    await eventually(lambda: store.up)
    names, words = [name_of("test", meter := Meter("", limit, gateway.plane.stats))], arguments([meter])
    shared = [names[0] + b"shared"]
    answers = [await store.limits([names[0] + b"%d" % number], words, shared) for number in range(8)]
    assert [answer[0] == 0 for answer in answers] == [True] * 5 + [False] * 3
    assert (await store.limits([names[0] + b"0"], words))[0] == 0, "with room, each has a count of its own"
