"""gateway.filters.split: one route, several services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from arena.gateway.filters.split import check_split
from arena.model.route import RateLimit, Route
from arena.model.split import Part, Split
from tests.gateway.kit import Answer, Gateway, Reply, Start, Stub, Talk, bearer, connected, get

Stubs = Callable[[Answer], Awaitable[Stub]]
SPLIT = Split((Part("web-v1", 90), Part("web-v2", 10)))
ROUTE = Route("web", "web", "/", split=SPLIT)


def saying(word: str) -> Answer:
    async def answer(talk: Talk) -> None:
        await talk.reply(word.encode())

    return answer


async def begin(start: Start, stubs: Stubs, route: Route = ROUTE) -> Gateway:
    one, two = await stubs(saying("v1")), await stubs(saying("v2"))
    return await start(one.endpoint("web-v1", "v1-1"), two.endpoint("web-v2", "v2-1"), routes=(route,))


async def ask(gateway: Gateway, *lines: bytes) -> Reply:
    async with connected(gateway) as client:
        return await client.ask(get("/", *lines))


async def answers(gateway: Gateway, callers: int = 60) -> list[str]:
    async with connected(gateway) as client:
        return [(await client.ask(get("/", bearer(sub=f"c{n}")))).body.decode() for n in range(callers)]


async def test_callers_stay_and_more_weight_moves_only_the_difference(start: Start, stubs: Stubs) -> None:
    gateway = await begin(start, stubs)
    first = await answers(gateway)
    assert await answers(gateway) == first
    assert Counter(first)["v2"] in range(1, 15)
    more = replace(ROUTE, split=Split((Part("web-v2", 30), Part("web-v1", 70))))
    gateway.view.use_spec(replace(gateway.view.spec, routes=(more,)))
    second = await answers(gateway)
    moves = {move for move in zip(first, second, strict=True) if move[0] != move[1]}
    assert moves == {("v1", "v2")}


async def test_log_and_metrics_name_who_was_asked(start: Start, stubs: Stubs) -> None:
    gateway = await begin(start, stubs, replace(ROUTE, split=Split((Part("web-v1", 0), Part("web-v2", 1)))))
    assert (await ask(gateway, bearer())).body == b"v2"
    (await ask(gateway)).problem(401, "unauthenticated")
    asked, refused = gateway.lines()
    assert (asked["route"], asked["service"], asked["instance"]) == ("web", "web-v2", "v2-1")
    assert (refused["route"], refused["service"], refused["instance"]) == ("web", "web", None)
    async with connected(gateway) as client:
        page = (await client.ask(get("/metrics"))).body.decode()
    assert 'arena_gateway_requests_total{route="web",service="web-v2",status="2xx"} 1' in page
    assert 'arena_gateway_requests_total{route="web",service="web",status="4xx"} 1' in page


@pytest.mark.parametrize(
    ("by", "line"), [("header:x-session", b"X-Session: %d\r\n"), ("cookie:session", b"Cookie: session=%d\r\n")]
)
async def test_other_things_to_stick_by(start: Start, stubs: Stubs, by: str, line: bytes) -> None:
    split = replace(SPLIT, by=by, parts=(Part("web-v1", 1), Part("web-v2", 1)))
    gateway = await begin(start, stubs, replace(ROUTE, auth="none", split=split))
    first = [(await ask(gateway, line % n)).body for n in range(20)]
    assert set(first) == {b"v1", b"v2"}
    assert [(await ask(gateway, line % n)).body for n in range(20)] == first
    # Without it, an address is one caller.
    assert len({(await ask(gateway)).body for _ in range(20)}) == 1


async def test_limits_go_on_to_see_the_routes_own_service(start: Start, stubs: Stubs) -> None:
    limited = replace(ROUTE, rate_limits=(RateLimit(1 / 3600, 3, "service"),))
    gateway = await begin(start, stubs, limited)
    statuses = [(await ask(gateway, bearer(sub=f"c{n}"))).status for n in range(6)]
    assert statuses == [200, 200, 200, 429, 429, 429]


async def test_a_version_without_an_instance_is_passed_over_until_it_is_back(start: Start, stubs: Stubs) -> None:
    gateway = await begin(start, stubs)
    before = await answers(gateway)
    one, two = gateway.view.snapshot.endpoints
    gateway.endpoints(one, replace(two, health="failing"))
    assert set(await answers(gateway)) == {"v1"}
    gateway.endpoints(two)
    assert set(await answers(gateway)) == {"v2"}
    gateway.endpoints()
    detail = str((await ask(gateway, bearer())).problem(503, "unavailable")["detail"])
    assert "web-v" in detail
    gateway.endpoints(one, two)
    assert await answers(gateway) == before


async def test_health_looks_at_who_is_asked(start: Start, stubs: Stubs) -> None:
    gateway = await begin(start, stubs)
    health = (await ask_page(gateway)).json
    assert (health["status"], health["services"]["names_down"]) == ("ok", [])  # type: ignore[index]  # JSON
    gateway.endpoints(gateway.view.snapshot.endpoints[0])
    health = (await ask_page(gateway)).json
    assert (health["status"], health["services"]["names_down"]) == ("degraded", ["web-v2"])  # type: ignore[index]  # JSON


async def ask_page(gateway: Gateway) -> Reply:
    async with connected(gateway) as client:
        return await client.ask(get("/health"))


def test_what_cannot_be_divided_is_refused_before_a_swap() -> None:
    with pytest.raises(ValueError, match="every weight"):
        check_split(Split((Part("a", 0),)))
    with pytest.raises(ValueError, match="nothing that"):
        check_split(Split((Part("a", 1),), by="mood"))
