"""gateway.pages: what the gateway tells about itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from arena.model.access import Role
from arena.model.address import Address
from arena.model.snapshot import Endpoint
from tests.gateway.kit import Gateway, Start, Stub, Talk, bearer, connected, eventually, get


async def test_health_tells_its_own_state(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        health = (await client.ask(get("/health"))).json
        assert (health["status"], health["project"]) == ("ok", "test")
        assert health["services"] == {"up": 1, "down": 0, "names_down": []}
        gateway.endpoints()
        health = (await client.ask(get("/health"))).json
        assert (health["status"], health["services"]) == ("degraded", {"up": 0, "down": 1, "names_down": ["web"]})
        snapshot = health["snapshot"]
        assert isinstance(snapshot, dict)
        assert (snapshot["version"], snapshot["epoch"], snapshot["stale"], snapshot["source"]) == (
            2,
            "test",
            False,
            "registry",
        )


async def test_a_service_without_a_check_is_unknown_and_served_while_none_passes(
    start: Start, stub: Stub, stubs: Callable[[], Awaitable[Stub]]
) -> None:
    checked = await stubs()
    gateway = await start(stub.endpoint(health="unknown"))
    async with connected(gateway) as client:
        assert (await client.ask(get("/services"))).json["services"] == [{"name": "web", "health": "unknown"}]
        assert (await client.ask(get("/health"))).json["status"] == "ok"
        assert (await client.ask(get("/a"))).status == 200
        gateway.endpoints(stub.endpoint(health="unknown"), checked.endpoint(instance="web-2"))
        assert [(await client.ask(get("/b"))).status for _ in range(8)] == [200] * 8
        gateway.endpoints(stub.endpoint(health="unknown"), checked.endpoint(instance="web-2", health="failing"))
        assert (await client.ask(get("/c"))).status == 200
        assert (await client.ask(get("/services"))).json["services"] == [{"name": "web", "health": "unknown"}]
    assert [one.target for one in stub.asked] == ["/a", "/c"]
    assert len(checked.asked) == 8


async def test_what_no_route_leads_to_is_listed_while_registered_and_never_counts_as_down(
    start: Start, stub: Stub
) -> None:
    job = Endpoint("job", "job-1", Address("127.0.0.1", 1), "failing")
    gateway = await start(stub.endpoint(), job, services=("web", "job", "never-registered"))
    async with connected(gateway) as client:
        health = (await client.ask(get("/health"))).json
        assert (health["status"], health["services"]) == ("ok", {"up": 1, "down": 0, "names_down": []})
        rows = (await client.ask(get("/services"))).json["services"]
        assert rows == [{"name": "job", "health": "down"}, {"name": "web", "health": "up"}]
        gateway.endpoints(stub.endpoint())  # the job is done
        assert (await client.ask(get("/services"))).json["services"] == [{"name": "web", "health": "up"}]


async def test_a_route_of_its_own_making_counts_too(start: Start, stub: Stub) -> None:
    extra = Endpoint("extra", "extra-1", Address("127.0.0.1", 1), "failing")
    gateway = await start(stub.endpoint(), extra, services=("web",), auto_routes=True)
    async with connected(gateway) as client:
        assert (await client.ask(get("/health"))).json["services"] == {"up": 1, "down": 1, "names_down": ["extra"]}


async def test_health_does_not_count_who_asks(gateway: Gateway, stub: Stub) -> None:
    answered = asyncio.Event()

    async def wait(talk: Talk) -> None:
        await answered.wait()
        await talk.reply()

    stub.answer = wait
    async with connected(gateway) as client, connected(gateway) as other:
        health = (await client.ask(get("/health"))).json
        assert (health["requests_in_flight"], health["connections"]) == (0, 1)
        await other.send(get("/slow"))
        await eventually(lambda: stub.asked)
        health = (await client.ask(get("/health"))).json
        assert (health["requests_in_flight"], health["connections"]) == (1, 1)
        answered.set()
        await other.reply()
        assert (await client.ask(get("/health"))).json["requests_in_flight"] == 0


async def test_services_shows_addresses_to_operators_alone(gateway: Gateway, stub: Stub) -> None:
    async with connected(gateway) as client:
        for lines in ([], [bearer("user")]):
            reply = await client.ask(get("/services", *lines))
            assert reply.json == {"services": [{"name": "web", "health": "up"}], "stale": False}
            assert str(stub.port).encode() not in reply.body
        rows = (await client.ask(get("/services", bearer("operator")))).json["services"]
        (await client.ask(get("/services", b"Authorization: Bearer junk\r\n"))).problem(401, "unauthenticated")
    url = f"http://127.0.0.1:{stub.port}"
    instances = [{"instance": "web-1", "url": url, "health": "passing", "metadata": {}}]
    assert rows == [{"name": "web", "health": "up", "instances": instances}]


async def test_a_role_that_inherits_from_operator_is_one(gateway: Gateway) -> None:
    gateway.view.use_spec(replace(gateway.view.spec, roles=(Role("chief", ("operator",)), Role("user"))))
    async with connected(gateway) as client:
        for page in ("/breakers", "/.well-known/arena-cache.json"):
            assert (await client.ask(get(page, bearer("chief")))).status == 200
            assert (await client.ask(get(page, bearer("user")))).status == 403
        rows = (await client.ask(get("/services", bearer("chief")))).json["services"]
        assert "instances" in rows[0]


async def test_pages_are_never_proxied_and_take_get_and_head_alone(gateway: Gateway, stub: Stub) -> None:
    async with connected(gateway) as client:
        for path in ("/health", "/services", "/metrics"):
            head = await client.ask(get(path, method="HEAD"))
            assert (head.status, head.body) == (200, b"")
            assert int(head.header("content-length") or 0) > 0
            reply = await client.ask(get(path, method="POST"))
            reply.problem(405, "method-not-allowed")
            assert reply.header("allow") == "GET, HEAD"
    assert stub.asked == []
