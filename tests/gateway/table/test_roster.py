"""gateway.roster: who of a service is in traffic, and with what weight."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from arena.gateway.exchange import Exchange
from arena.gateway.table.roster import Roster
from arena.gateway.table.target import Target
from arena.model.address import Address
from arena.model.breaker import BreakerOrder, BreakerPlace
from arena.model.resilience import Retries
from arena.model.snapshot import Endpoint
from arena.model.traffic import OutlierRule, Traffic
from arena.policy.latency import PeakEwma
from tests.gateway.kit import Start, Talk, bearer, connected, get, hello
from tests.gateway.page.test_counters import metric, scrape

SLOW = Traffic(slow_start=10.0)


def target(number: int = 1, **metadata: object) -> Target:
    return Target(Endpoint("web", f"web-{number}", Address("127.0.0.1", 9000 + number), "passing", metadata))


def weights(roster: Roster) -> dict[str, float]:
    return {one.instance: one.weight for one in roster.service.targets}


def test_who_is_there_at_the_start_is_warm_and_who_comes_later_begins_with_a_tenth() -> None:
    roster, old, new = Roster("web"), target(1), target(2, weight="4")
    roster.serve([old], SLOW, 100.0, warm=True)
    assert (weights(roster), roster.service.pick) == ({"web-1": 1.0}, None)
    roster.serve([old, new], SLOW, 200.0, warm=False)
    seen = [weights(roster)["web-2"]]
    assert roster.service.pick is not None
    for now in (200.5, 202.0, 205.0, 209.9, 210.0, 300.0):
        roster.tend(now)
        seen.append(weights(roster)["web-2"])
    assert seen == pytest.approx([0.4, 0.4, 0.8, 2.0, 3.96, 4.0, 4.0])
    assert weights(roster)["web-1"] == 1.0


def test_once_all_weigh_the_same_the_common_way_of_choosing_is_back() -> None:
    roster, old, new = Roster("web"), target(1), target(2)
    roster.serve([old], SLOW, 100.0, warm=True)
    roster.serve([old, new], SLOW, 200.0, warm=False)
    assert roster.service.pick is not None
    roster.tend(210.0)
    assert roster.service.pick is None


def test_who_comes_back_begins_slowly_too_and_a_swap_alone_changes_nothing() -> None:
    roster, one, other = Roster("web"), target(1), target(2)
    roster.serve([one, other], SLOW, 100.0, warm=True)
    other.health = "failing"
    roster.serve([one, other], SLOW, 110.0, warm=False)
    assert weights(roster) == {"web-1": 1.0}
    other.health = "passing"
    roster.serve([one, other], SLOW, 120.0, warm=False)
    roster.serve([one, other], SLOW, 125.0, warm=False)
    assert weights(roster) == {"web-1": 1.0, "web-2": 0.5}


def test_panic_uses_all_and_begins_nobody_slowly() -> None:
    traffic = replace(SLOW, panic_threshold=0.5)
    roster, some = Roster("web"), [target(n) for n in range(3)]
    some[1].health = some[2].health = "failing"
    roster.serve(some, traffic, 100.0, warm=True)
    assert (len(roster.service.targets), roster.panicking) == (3, True)
    assert set(weights(roster).values()) == {1.0}
    some[1].health = "passing"
    roster.serve(some, traffic, 101.0, warm=False)
    assert (len(roster.service.targets), roster.panicking) == (2, False)


def test_weight_0_is_not_asked_and_a_rule_that_changes_changes_the_choice() -> None:
    roster = Roster("web")
    service = roster.serve([target(1), target(2, weight=0)], Traffic(), 0.0, warm=True)
    assert list(weights(roster)) == ["web-1"]
    turns = roster.serve([target(1)], Traffic(balance="round_robin"), 1.0, warm=False)
    assert (service.pick, turns.pick is None, turns.budget is service.budget) == (None, False, True)
    again = roster.serve([target(1)], Traffic(balance="round_robin"), 2.0, warm=False)
    assert again.pick is turns.pick, "it knows whose turn it is"


@pytest.mark.parametrize("balance", ["least_in_flight", "round_robin", "consistent_hash"])
async def test_heavy_endpoints_get_more_under_every_rule(start: Start, stubs, balance) -> None:  # type: ignore[no-untyped-def]  # fixtures
    heavy, light = await stubs(), await stubs()
    gateway = await start(
        heavy.endpoint(instance="web-1", metadata={"weight": 9}),
        light.endpoint(instance="web-2"),
        traffic=Traffic(balance=balance, hash_by="header:x-key"),
    )
    async with connected(gateway) as client:
        for number in range(200):
            reply = await client.ask(get("/", f"X-Key: {number}\r\n".encode()))
            assert reply.status == 200
    assert 1 <= len(light.asked) < 60
    assert len(heavy.asked) + len(light.asked) == 200


def test_under_peak_ewma_a_weight_divides_the_cost() -> None:
    roster, heavy, light = Roster("web"), target(1, weight=3), target(2)
    service = roster.serve([heavy, light], Traffic(balance="peak_ewma"), 100.0, warm=True)
    pick = service.pick
    assert pick is not None
    x: Exchange = None  # type: ignore[assignment]  # not looked at
    for slow, chosen in ((2.9, heavy), (3.1, light)):
        for one, seconds in ((heavy, slow), (light, 1.0)):
            one.latency = PeakEwma()
            one.latency.observe(seconds, 100.0)
        assert pick(x, service.targets, 100.0) is chosen


def told(one: Target, requests: int, failed: int) -> None:
    """As many replies came from it, and so many were failures."""
    breaker = one.breaker
    assert breaker is not None
    breaker.requests += requests
    breaker.failed += failed


OUTLIER = Traffic(breaker=None, outlier=OutlierRule(), slow_start=100.0)


def test_who_fails_far_more_than_its_peers_is_ejected_and_comes_back_slowly() -> None:
    some = [Target(Endpoint("web", f"web-{n}", Address("127.0.0.1", n + 1), "passing"), OUTLIER) for n in range(5)]
    roster = Roster("web")
    roster.serve(some, OUTLIER, 100.0, warm=True)
    roster.tend(100.0)
    for one in some:
        told(one, 100, 60 if one is some[0] else 0)
    roster.tend(109.9)
    assert some[0].instance in weights(roster)
    roster.tend(110.0)
    assert (some[0].ejected, sorted(weights(roster))) == (True, ["web-1", "web-2", "web-3", "web-4"])
    roster.serve(some, OUTLIER, 120.0, warm=False)
    assert some[0].ejected, "a swap changes nothing about it"
    roster.tend(140.1)
    assert (some[0].ejected, weights(roster)["web-0"]) == (False, 0.1)


def test_a_reset_pardons_and_another_rule_begins_anew() -> None:
    some = [Target(Endpoint("web", f"web-{n}", Address("127.0.0.1", n + 1), "passing"), OUTLIER) for n in range(5)]
    for pardon in (True, False):
        roster = Roster("web")
        roster.serve(some, OUTLIER, 100.0, warm=True)
        roster.tend(100.0)
        for one in some:
            told(one, 100, 60 if one is some[0] else 0)
        roster.tend(110.0)
        assert some[0].ejected
        if pardon:
            roster.reset(BreakerOrder("reset", BreakerPlace("web", "web-0"), 0.0))
            roster.reconsider(111.0)
            roster.tend(112.0)
        else:
            roster.serve(some, Traffic(), 111.0, warm=False)
        assert not some[0].ejected
        assert len(roster.service.targets) == 5


async def test_failures_of_real_requests_eject(start: Start, stubs) -> None:  # type: ignore[no-untyped-def]  # fixtures
    async def bad(talk: Talk) -> None:
        await talk.reply(status="503 Service Unavailable")

    rule = OutlierRule(interval=0.01, min_hosts=5, min_requests=3, base_ejection_time=250.0)
    rules = Traffic(breaker=None, balance="round_robin", outlier=rule, retries=Retries(attempts=1))
    some = [await stubs(bad if n == 0 else hello) for n in range(5)]
    gateway = await start(*(one.endpoint(instance=f"web-{n}") for n, one in enumerate(some)), traffic=rules)
    (roster,) = gateway.view.rosters
    roster.tend(time.monotonic())
    async with connected(gateway) as client:
        statuses = [(await client.ask(get())).status for _ in range(20)]
        assert statuses.count(503) == 4
        roster.tend(time.monotonic() + 1.0)
        assert [(await client.ask(get())).status for _ in range(10)] == [200] * 10
        page = (await client.ask(get("/breakers", bearer("operator")))).json
        numbers = await scrape(client)
    states = [(row["state"], row["in_traffic"], row["ejected_seconds"] > 200) for row in page["breakers"]]  # type: ignore[attr-defined]  # a list of rows
    assert states == [("ejected", False, True), *[("disabled", True, False)] * 4]
    assert metric(numbers, "arena_gateway_outlier_ejected", service="web", instance="web-0") == 1
    assert metric(numbers, "arena_gateway_outlier_ejections_total", service="web") == 1
