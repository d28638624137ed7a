"""gateway.target: one endpoint."""

from __future__ import annotations

from dataclasses import replace

from arena.gateway.table.target import Target, key_of
from arena.model.address import Address
from arena.model.snapshot import Endpoint
from arena.model.traffic import BreakerRule, Traffic
from tests.gateway.kit import Gateway, connected, eventually, get

ENDPOINT = Endpoint("web", "web-1", Address("::1", 80, path="/base"), "passing")


def test_what_goes_into_a_request() -> None:
    target = Target(ENDPOINT)
    assert target.host_line == b" HTTP/1.1\r\nhost: [::1]:80\r\n"
    assert (target.prefix, target.tls, target.in_flight) == (b"/base", None, 0)
    assert Target(Endpoint("web", "x", Address("h", 443, "https"))).tls is not None


def test_health_and_metadata_do_not_make_another_target() -> None:
    other = Endpoint("web", "web-1", Address("::1", 80, path="/base"), "failing", {"a": 1})
    assert key_of(ENDPOINT) == key_of(other)


def test_weight_comes_from_metadata_and_follows_it() -> None:
    target = Target(replace(ENDPOINT, metadata={"weight": "3"}))
    assert target.full_weight == 3.0
    target.follow(replace(ENDPOINT, metadata={"weight": 0.5}), Traffic())
    assert target.full_weight == 0.5
    for odd in ({}, {"weight": None}, {"weight": "heavy"}, {"weight": -1}):
        target.follow(replace(ENDPOINT, metadata=odd), Traffic())
        assert target.full_weight == 1.0


async def test_retiring_closes_what_is_idle(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 200
        (target,) = gateway.plane.table.routes[0].service.targets
        assert len(target.idle) == 1
        target.retire()
        assert (target.retired, len(target.idle)) == (True, 0)
        await eventually(lambda: not gateway.plane.upstreams)


def test_a_swap_keeps_the_breaker_unless_its_rule_changed_or_the_instance_recovered() -> None:
    rule = BreakerRule(failures=1, open_for=60.0)
    target = Target(ENDPOINT, Traffic(rule))
    breaker = target.breaker
    assert breaker is not None
    breaker.fail(breaker.admit(0.0), 0.0)
    target.follow(ENDPOINT, Traffic(rule))
    target.follow(replace(ENDPOINT, health="failing"), Traffic(rule))
    assert (target.breaker is breaker, breaker.closed, target.health) == (True, False, "failing")
    target.follow(ENDPOINT, Traffic(rule))
    assert (target.breaker is breaker, breaker.closed) == (True, True)
    target.follow(ENDPOINT, Traffic(replace(rule, failures=2)))
    assert target.breaker is not breaker
    target.follow(ENDPOINT, Traffic(None))
    assert target.breaker is None


def test_latency_is_measured_only_for_who_needs_it_and_kept_over_swaps() -> None:
    target = Target(ENDPOINT)
    assert target.latency is None
    target.follow(ENDPOINT, Traffic(balance="peak_ewma"))
    latency = target.latency
    assert latency is not None
    target.follow(ENDPOINT, Traffic(balance="peak_ewma"))
    assert target.latency is latency
