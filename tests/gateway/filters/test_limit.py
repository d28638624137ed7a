"""gateway.filters.limit: 429, whom it hits, and for how long."""

from __future__ import annotations

from arena.model.route import RateLimit, Route
from tests.gateway.kit import Client, Start, Stub, bearer, connected, get

SLOW = 0.001  # requests a second: nothing comes back during a test


async def ask(client: Client, path: str, *lines: bytes) -> int:
    return (await client.ask(get(path, *lines))).status


async def test_over_the_limit_is_429_with_retry_after(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(Route("r", "web", "/"),), rate_limits=(RateLimit(0.1, 2),))
    async with connected(gateway) as client:
        caller = bearer("user")
        assert [await ask(client, "/", caller) for _ in range(2)] == [200, 200]
        reply = await client.ask(get("/", caller))
        detail = str(reply.problem(429, "rate-limited")["detail"])
        assert "0.1 requests a second" in detail
        assert 1 <= int(reply.header("retry-after") or "0") <= 10
        assert await ask(client, "/", bearer("user", sub="bob")) == 200
    assert len(stub.asked) == 3
    (route,) = (one for one in gateway.plane.stats.routes.values() if one.route == "r")
    assert route.limited == 1


async def test_a_limit_by_address_counts_before_the_token_is_looked_at(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(Route("r", "web", "/"),), rate_limits=(RateLimit(SLOW, 3, "ip"),))
    async with connected(gateway) as client, connected(gateway) as other:
        guesses = [await ask(client, "/", b"Authorization: Bearer guess\r\n") for _ in range(5)]
        assert guesses == [401, 401, 401, 429, 429]
        assert await ask(other, "/", bearer("user")) == 429


async def test_limits_by_principal_do_not_count_the_refused(start: Start, stub: Stub) -> None:
    gateway = await start(
        stub.endpoint(), routes=(Route("r", "web", "/", roles=("user",)),), rate_limits=(RateLimit(SLOW, 1),)
    )
    async with connected(gateway) as client:
        assert [await ask(client, "/") for _ in range(3)] == [401] * 3
        assert await ask(client, "/", bearer("user")) == 200
        assert await ask(client, "/", bearer("user", ttl=120)) == 429  # another token, the same caller


async def test_a_routes_own_limit_is_its_own(start: Start, stub: Stub) -> None:
    routes = (
        Route("a", "web", "/a", auth="none", rate_limits=(RateLimit(SLOW, 1, "route"),)),
        Route("b", "web", "/b", auth="none", rate_limits=(RateLimit(SLOW, 1, "route"),)),
    )
    gateway = await start(stub.endpoint(), routes=routes)
    async with connected(gateway) as client, connected(gateway) as other:
        assert [await ask(client, path) for path in ("/a", "/b")] == [200, 200]
        assert [await ask(other, path) for path in ("/a", "/b")] == [429, 429]


async def test_without_a_principal_the_address_is_counted(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), rate_limits=(RateLimit(SLOW, 1),))
    async with connected(gateway) as client, connected(gateway) as other:
        assert await ask(client, "/") == 200
        assert await ask(other, "/") == 429


async def test_counts_survive_a_swap(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), rate_limits=(RateLimit(SLOW, 1, "ip"),))
    async with connected(gateway) as client:
        assert await ask(client, "/") == 200
        gateway.endpoints(stub.endpoint())
        gateway.view.use_spec(gateway.view.spec)
        assert await ask(client, "/") == 429


async def test_the_gateways_own_pages_are_not_limited(start: Start) -> None:
    gateway = await start(rate_limits=(RateLimit(SLOW, 1, "ip"),))
    async with connected(gateway) as client:
        assert [await ask(client, "/health") for _ in range(5)] == [200] * 5
