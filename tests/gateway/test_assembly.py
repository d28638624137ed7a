"""gateway.assembly: routes × snapshot → table, and what survives a swap."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from arena.auth.issuers import Issuers
from arena.gateway.assembly import Assembler
from arena.gateway.filters.auth import Authenticator
from arena.gateway.stats import Stats
from arena.gateway.table.routing import Table
from arena.gateway.table.target import Target
from arena.model.address import Address
from arena.model.gateway import GatewaySpec
from arena.model.project import GatewaySettings, Jwt
from arena.model.route import RateLimit, Route
from arena.model.snapshot import Endpoint, EndpointHealth, Snapshot
from arena.model.traffic import Traffic

SPEC = GatewaySpec(
    "p",
    GatewaySettings(issuers=(Jwt("s" * 32),)),
    (Route("web", "web", "/web", max_body_bytes=5, first_byte_timeout=9.0),),
    ("web", "private"),
)
AUTHENTICATOR = Authenticator(Issuers(SPEC.settings.issuers), lambda: 0.0)


def endpoint(
    instance: str, health: EndpointHealth = "passing", service: str = "web", host: str = "127.0.0.1"
) -> Endpoint:
    return Endpoint(service, instance, Address(host, 9000 + len(instance)), health)


def assemble(assembler: Assembler, *endpoints: Endpoint, spec: GatewaySpec = SPEC) -> Table:
    assembler.use(spec)
    return assembler.assemble(spec, Snapshot(1, "e", endpoints), AUTHENTICATOR, {})


def targets(table: Table, name: str = "web") -> list[Target]:
    return [target for one in table.routes if one.route.service == name for target in one.service.targets]


@pytest.mark.parametrize(
    ("healths", "used"),
    [
        (("passing", "failing", "unknown"), ["i0"]),
        (("failing", "unknown", "unknown"), ["i1", "i2"]),
        (("failing", "failing", "failing"), []),
        (("passing", "passing", "unknown"), ["i0", "i1"]),
    ],
)
def test_failing_gets_nothing_and_unknown_is_the_last_resort(
    healths: tuple[EndpointHealth, ...], used: list[str]
) -> None:
    table = assemble(Assembler(Stats()), *(endpoint(f"i{n}", health) for n, health in enumerate(healths)))
    assert [target.instance for target in targets(table)] == used


def test_targets_survive_a_swap_and_the_gone_are_retired() -> None:
    assembler = Assembler(Stats())
    (first,) = targets(assemble(assembler, endpoint("a")))
    first.in_flight = 3
    kept, new = targets(assemble(assembler, endpoint("a"), endpoint("bb")))
    assert (kept is first, new.instance, first.in_flight) == (True, "bb", 3)
    (left,) = targets(assemble(assembler, endpoint("bb")))
    assert (left is new, first.retired, new.retired) == (True, True, False)
    (again,) = targets(assemble(assembler, endpoint("a")))
    assert again is not first


def test_an_instance_at_another_address_is_another_target() -> None:
    assembler = Assembler(Stats())
    (first,) = targets(assemble(assembler, endpoint("a")))
    (second,) = targets(assemble(assembler, replace(endpoint("a"), address=Address("127.0.0.1", 1))))
    assert (first is second, first.retired) == (False, True)


def test_meters_and_budgets_survive_and_changed_limits_start_anew() -> None:
    assembler = Assembler(Stats())
    limit = RateLimit(1.0, 1, "ip")
    spec = replace(SPEC, settings=replace(SPEC.settings, rate_limits=(limit,)))
    table = assemble(assembler, spec=spec)
    one, budget = assembler._meters["", limit], table.routes[0].service.budget
    again = assemble(assembler, endpoint("a"), spec=spec)
    assert assembler._meters["", limit] is one
    assert again.routes[0].service.budget is budget
    assemble(assembler, spec=replace(spec, settings=replace(spec.settings, rate_limits=(replace(limit, burst=2),))))
    assert list(assembler._meters) == [("", replace(limit, burst=2))]


def test_a_routes_own_numbers_go_before_the_gateways() -> None:
    spec = replace(SPEC, routes=(*SPEC.routes, Route("plain", "web", "/plain")))
    own, plain = assemble(Assembler(Stats()), spec=spec).routes
    assert (own.body_limit, own.first_byte) == (5, 9.0)
    assert (plain.body_limit, plain.first_byte) == (10 * 1024 * 1024, 60.0)


def test_a_service_that_registered_by_itself_gets_a_route_unless_declared_or_off() -> None:
    stranger, private = endpoint("x", service="stranger"), endpoint("y", service="private")
    table = assemble(Assembler(Stats()), stranger, private)
    (auto,) = [one.route for one in table.routes if one.route.name != "web"]
    assert (auto.service, auto.path, auto.strip_path, auto.auth, auto.roles) == (
        "stranger",
        "/stranger",
        True,
        "required",
        (),
    )
    off = replace(SPEC, settings=replace(SPEC.settings, auto_routes=False))
    assert [one.route.name for one in assemble(Assembler(Stats()), stranger, spec=off).routes] == ["web"]


def test_what_would_break_a_request_head_or_a_log_line_is_left_out() -> None:
    odd = (endpoint("odd", host="ä"), endpoint("x", service="\ud800"), endpoint("evil", host="a\r\nX-Evil: 1"))
    table = assemble(Assembler(Stats()), endpoint("ok"), *odd)
    assert [target.instance for target in targets(table)] == ["ok"]


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (GatewaySettings(issuers=(Jwt("s" * 32),), rate_limits=(RateLimit(0.0, 1),)), ValueError),
    ],
)
def test_a_spec_that_cannot_be_used_changes_nothing(settings: GatewaySettings, error: type[Exception]) -> None:
    assembler = Assembler(Stats())
    limit = RateLimit(1.0, 1)
    assembler.use(replace(SPEC, settings=replace(SPEC.settings, rate_limits=(limit,))))
    with pytest.raises(error):
        assembler.use(replace(SPEC, settings=settings))
    assert list(assembler._meters) == [("", limit)]


def test_every_route_of_a_service_sees_the_same_endpoints() -> None:
    assembler = Assembler(Stats())
    spec = replace(SPEC, routes=(*SPEC.routes, Route("second", "web", "/second")))
    first, second = assemble(assembler, spec=spec).routes
    assert first.service is second.service
    assert [roster.service for roster in assembler.rosters] == [first.service]
    assemble(assembler, endpoint("x", service="stranger"))
    assemble(assembler)
    assert len(list(assembler.rosters)) == 1, "who has gone is forgotten"


def test_who_comes_after_the_start_begins_slowly() -> None:
    assembler = Assembler(Stats())
    spec = replace(SPEC, traffic={"web": Traffic(slow_start=3600.0)})
    assemble(assembler, endpoint("a"), spec=spec)
    first, second = targets(assemble(assembler, endpoint("a"), endpoint("bb"), spec=spec))
    assert (first.weight, second.weight) == (1.0, 0.1)
    second.since -= 1800
    assembler.tend(time.monotonic())
    assert second.weight == pytest.approx(0.5, abs=0.01)
