"""gateway.gates: which limits stand before which route."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arena.gateway.table.gates import Gates
from arena.gateway.table.route import Service
from arena.model.concurrency import ConcurrencyLimit
from arena.model.gateway import GatewaySpec
from arena.model.project import GatewaySettings
from arena.model.route import Route
from arena.model.split import Part, Split
from arena.model.traffic import Traffic
from arena.policy.retry import RetryBudget
from tests.gateway.kit import Start, Stub, connected, eventually, get, silence

ONE, EACH = ConcurrencyLimit(1), ConcurrencyLimit(1, by="ip")
WEB = Route("web", "web", "/", concurrency=(ONE,))
SPEC = GatewaySpec(
    "p",
    GatewaySettings(concurrency=(EACH,)),
    (WEB, Route("api", "api", "/api")),
    traffic={"web": Traffic(concurrency=(ONE, EACH)), "other": Traffic()},
)


def used(spec: GatewaySpec) -> Gates:
    gates = Gates()
    gates.use(spec)
    return gates


def test_each_stands_where_it_belongs_and_nothing_stands_where_there_is_none() -> None:
    gates = used(SPEC)
    assert [(one.place, one.name, one.limit.by) for one in gates.all()] == [
        ("gateway", "", "ip"),
        ("route", "web", ""),
        ("service", "web", ""),
        ("service", "web", "ip"),
    ]
    web, api = (Service(name, (), RetryBudget(), gates=gates.at("service", name)) for name in ("web", "api"))
    assert (len(gates.before()), len(gates.onward(WEB, [web])), len(gates.onward(SPEC.routes[1], [api]))) == (1, 3, 0)
    assert (len(gates.onward(SPEC.routes[1], [api, web])), len(gates.at("service", "web"))) == (2, 2)
    plain = used(GatewaySpec("p", GatewaySettings()))
    assert (plain.before(), plain.onward(WEB, [api]), plain.all()) == ((), (), ())


def test_a_limit_that_stays_goes_on_and_one_that_goes_is_forgotten() -> None:
    gates = used(SPEC)
    before = gates.all()
    gates.use(replace(SPEC, routes=(replace(WEB, concurrency=(ConcurrencyLimit(7), EACH)),)))
    after = gates.all()
    assert after[0] is before[0] and after[1] is before[1] and after[1].limit.max_in_flight == 7
    assert [(one.place, one.limit.by) for one in after][-1] == ("route", "ip")
    gates.use(replace(SPEC, settings=GatewaySettings(), routes=(), traffic={}))
    assert gates.all() == ()


def test_an_impossible_limit_changes_nothing() -> None:
    gates = used(SPEC)
    before = gates.all()
    with pytest.raises(ValueError, match="nothing that"):
        gates.use(replace(SPEC, routes=(replace(WEB, concurrency=(ConcurrencyLimit(9), ConcurrencyLimit(1, by="x"))),)))
    assert gates.all() == before and before[1].limit == ONE


def test_each_worker_has_its_part() -> None:
    ten = replace(SPEC, routes=(replace(WEB, concurrency=(ConcurrencyLimit(10, max_queue=4),)),), traffic={})
    gates = used(replace(ten, settings=replace(SPEC.settings, workers=4)))
    assert [(one.limit.by, one.places, one.limit.max_queue) for one in gates.all()] == [("ip", 1, 0), ("", 3, 1)]
    gates.use(ten)
    assert [one.places for one in gates.all()] == [1, 10]


async def test_each_worker_has_its_part_of_the_connections_to_an_instance(start: Start, stub: Stub) -> None:
    stub.answer = silence
    gateway = await start(stub.endpoint(), traffic=Traffic(max_connections=3), workers=2)
    async with connected(gateway) as one, connected(gateway) as two, connected(gateway) as three:
        await one.send(get("/"))
        await two.send(get("/"))
        await eventually(lambda: len(stub.asked) == 2)
        (await three.ask(get("/"))).problem(503, "too-many-in-flight")


async def test_a_split_meets_the_limits_of_the_service_that_is_asked(start: Start, stub: Stub) -> None:
    route = Route("web", "web", "/", auth="none", split=Split((Part("v1", 1), Part("v2", 1)), by="header:x-who"))
    gateway = await start(stub.endpoint("v1", "v1-1"), stub.endpoint("v2", "v2-1"), routes=(route,))
    full = ConcurrencyLimit(0)  # nobody can write this; here it says who was asked for a place
    spec = replace(gateway.view.spec, traffic={"v1": Traffic(concurrency=(full,)), "v2": Traffic()})
    gateway.view.use_spec(spec)
    async with connected(gateway) as client:
        replies = [await client.ask(get("/", b"X-Who: %d\r\n" % number)) for number in range(20)]
    assert {reply.status for reply in replies} == {200, 503}
    assert all("the service v1 has no room" in str(reply.json) for reply in replies if reply.status == 503)
