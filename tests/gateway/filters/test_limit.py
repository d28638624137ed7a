"""gateway.filters.limit: 429, whom it hits, and for how long."""

from __future__ import annotations

from typing import get_args

import pytest

from arena.gateway.filters.limit import Meter
from arena.gateway.stats import Stats
from arena.model.route import Algorithm, RateLimit, Route
from tests.gateway.kit import Client, Gateway, Start, Stub, bearer, connected, get

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
        assert "6 requests a minute on average and 2 at once" in detail
        assert 1 <= int(reply.header("retry-after") or "0") <= 10
        assert await ask(client, "/", bearer("user", sub="bob")) == 200
    assert len(stub.asked) == 3
    (route,) = (one for one in gateway.plane.stats.routes.values() if one.route == "r")
    assert route.limited == 1


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (RateLimit(2 / 60, 2), "this caller may send 2 requests a minute on average and 2 at once"),
        (RateLimit(200.0, 400, "ip"), "this address may send 200 requests a second on average and 400 at once"),
        (RateLimit(1.0, 60), "this caller may send 1 request a second on average and 60 at once"),
        (RateLimit(0.5, 1), "this caller may send 30 requests a minute on average and 1 at once"),
        (RateLimit(1000 / 3600, 10), "this caller may send 1000 requests an hour on average and 10 at once"),
        (RateLimit(7 / 86400, 7), "this caller may send 7 requests a day on average and 7 at once"),
        (RateLimit(1 / 1_000_000, 7), "this caller may send 0.0864 requests a day on average and 7 at once"),
        (RateLimit(100 / 7, 7), "this caller may send 14.2857 requests a second on average and 7 at once"),
        (RateLimit(2 / 60, 2, "role", "fixed_window"), "callers with these roles may send 2 requests in 1 minute"),
        (RateLimit(1.0, 3600, "role", "sliding_log"), "callers with these roles may send 3600 requests in 1 hour"),
        (RateLimit(2.0, 1, "ip", "sliding_counter"), "this address may send 1 request in 0.5 s"),
        (RateLimit(1.0, 90, "ip", "sliding_counter"), "this address may send 90 requests in 90 s"),
    ],
)
def test_a_limit_is_told_in_the_unit_people_write_it_in(limit: RateLimit, said: str) -> None:
    assert Meter("", limit, Stats()).allowance() == said


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


def over(gateway: Gateway, name: str) -> int:
    """What a limit counted as beyond it."""
    return sum(one.over for (_, title, _), one in gateway.plane.stats.limits.items() if title == name)


@pytest.mark.parametrize("algorithm", get_args(Algorithm))
async def test_every_algorithm_refuses_and_says_what_is_left(start: Start, stub: Stub, algorithm: Algorithm) -> None:
    limit = RateLimit(2 / 86400, 2, "ip", algorithm, name="daily")
    gateway = await start(stub.endpoint(), rate_limits=(limit,))
    async with connected(gateway) as client:
        replies = [await client.ask(get("/")) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    for reply, left in zip(replies, (1, 0, 0), strict=True):
        assert reply.header("ratelimit-policy") == '"daily";q=2;w=86400'
        told, _, reset = (reply.header("ratelimit") or "").rpartition(";t=")
        assert told == f'"daily";r={left}'
        assert 0 < int(reset) <= 86400
    assert replies[2].header("retry-after") == (replies[2].header("ratelimit") or "").rpartition(";t=")[2]


async def test_the_upstream_never_sees_what_is_left(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), rate_limits=(RateLimit(SLOW, 2, "ip"),))
    async with connected(gateway) as client:
        assert await ask(client, "/") == 200
    assert b"ratelimit" not in stub.asked[0].raw.lower()


async def test_replies_in_pieces_and_replies_of_the_gateway_say_it_too(start: Start, stub: Stub) -> None:
    async def streamed(talk: object) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")  # type: ignore[attr-defined]

    stub.answer = streamed
    limits = (RateLimit(SLOW, 9, "ip", name="mine"),)
    gateway = await start(stub.endpoint(), rate_limits=limits)
    async with connected(gateway) as client:
        assert (await client.ask(get("/"))).header("ratelimit-policy") == '"mine";q=9;w=9000'
        gateway.endpoints()
        reply = await client.ask(get("/"))
        assert (reply.status, reply.header("ratelimit-policy")) == (503, '"mine";q=9;w=9000')


async def test_shadow_limits_count_what_they_would_have_refused_and_say_nothing(start: Start, stub: Stub) -> None:
    limit = RateLimit(SLOW, 1, "ip", name="shadow", enforce=False)
    gateway = await start(stub.endpoint(), rate_limits=(limit,))
    async with connected(gateway) as client:
        replies = [await client.ask(get("/")) for _ in range(4)]
        page = (await client.ask(get("/metrics"))).body.decode()
    assert [reply.status for reply in replies] == [200] * 4
    assert {reply.header("ratelimit") for reply in replies} == {None}
    assert 'arena_gateway_limit_over_total{limit="shadow",route="",enforced="false"} 3' in page
    assert "arena_gateway_rate_limited_total{" not in page


async def test_of_several_limits_the_strictest_wins_and_the_others_are_not_charged(start: Start, stub: Stub) -> None:
    wide = RateLimit(SLOW, 5, "ip", "fixed_window", name="wide")
    tight = RateLimit(SLOW, 2, "header:x-tenant", "sliding_log", name="tight")
    gateway = await start(stub.endpoint(), rate_limits=(wide, tight))
    async with connected(gateway) as client:
        first = await client.ask(get("/", b"X-Tenant: a\r\n"))
        assert first.header("ratelimit-policy") == '"wide";q=5;w=5000, "tight";q=2;w=2000'
        assert [await ask(client, "/", b"X-Tenant: a\r\n") for _ in range(4)] == [200, 429, 429, 429]
        refused = await client.ask(get("/", b"x-tenant: a\r\n"))
        assert (refused.header("ratelimit-policy"), refused.status) == ('"tight";q=2;w=2000', 429)
        # Three are left of the five: the four refused ones were not charged.
        assert [await ask(client, "/", b"X-Tenant: %d\r\n" % n) for n in range(4)] == [200, 200, 200, 429]
    assert (over(gateway, "tight"), over(gateway, "wide")) == (4, 1)


async def test_a_shadow_limit_beside_an_enforced_one(start: Start, stub: Stub) -> None:
    limits = (RateLimit(SLOW, 1, "ip", name="trial", enforce=False), RateLimit(SLOW, 3, "ip", name="real"))
    gateway = await start(stub.endpoint(), rate_limits=limits)
    async with connected(gateway) as client:
        replies = [await client.ask(get("/")) for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert replies[0].header("ratelimit-policy") == '"real";q=3;w=3000'
    assert (over(gateway, "trial"), over(gateway, "real")) == (3, 1)


@pytest.mark.parametrize("more", [(), (RateLimit(SLOW, 9, "ip"),)])
async def test_a_header_with_a_percent_sign_is_nothing_special(
    start: Start, stub: Stub, more: tuple[RateLimit, ...]
) -> None:
    gateway = await start(stub.endpoint(), rate_limits=(RateLimit(SLOW, 1, "header:x%d"), *more))
    async with connected(gateway) as client:
        replies = [await client.ask(get("/", b"X%d: a\r\n")) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 429]
    for reply in replies:
        assert (reply.header("ratelimit") or "").startswith('"header-x%d-1-per-1000s";r=0;t=')
        assert (reply.header("ratelimit-policy") or "").startswith('"header-x%d-1-per-1000s";q=1;w=1000')
