"""policy.concurrency against a simulated service: c workers, random work, a queue inside that it does not tell about."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.concurrency import Adaptive
from arena.policy.concurrency import Gradient


@dataclass
class Service:
    """`workers(now)` work at once, each `work(now)` seconds on average (an Erlang distribution of order 4); what comes beyond
    waits. Requests come at random, `demand(now)` a second."""

    workers: Callable[[float], int]
    work: Callable[[float], float]
    demand: Callable[[float], float]
    policy: Gradient
    seed: int = 1
    now: float = 0.0
    in_flight: int = 0
    busy: int = 0
    shed: list[float] = field(default_factory=list)
    done: list[tuple[float, float]] = field(default_factory=list)
    limits: list[tuple[float, int]] = field(default_factory=list)
    baselines: list[tuple[float, float]] = field(default_factory=list)

    def run(self, until: float) -> Service:
        random = Random(self.seed)
        queue: deque[float] = deque()
        ends: list[tuple[float, float]] = []
        arrival = random.expovariate(self.demand(0.0))
        while self.now < until:
            if ends and ends[0][0] <= arrival:
                self.now, came = heapq.heappop(ends)
                self.busy -= 1
                self.policy.observe(self.now - came, self.in_flight, self.now)
                self.in_flight -= 1
                self.done.append((self.now, self.now - came))
            else:
                self.now = arrival
                arrival += random.expovariate(self.demand(self.now))
                if self.in_flight < self.policy.limit:
                    self.in_flight += 1
                    queue.append(self.now)
                else:
                    self.shed.append(self.now)
            while queue and self.busy < self.workers(self.now):
                self.busy += 1
                heapq.heappush(ends, (self.now + random.gammavariate(4, self.work(self.now) / 4), queue.popleft()))
            self.limits.append((self.now, self.policy.limit))
            self.baselines.append((self.now, self.policy.baseline))
        return self

    def throughput(self, start: float, end: float) -> float:
        return sum(start <= at < end for at, _ in self.done) / (end - start)

    def latency(self, start: float, end: float) -> float:
        return median(seconds for at, seconds in self.done if start <= at < end)

    def limit(self, start: float, end: float) -> float:
        return median(limit for at, limit in self.limits if start <= at < end)


def always(value: float) -> Callable[[float], float]:
    return lambda _now: value


def gradient(**rule: float) -> Gradient:
    return Gradient(Adaptive(**rule), Random(1).random)  # type: ignore[arg-type]  # numbers of a rule


@pytest.mark.parametrize(("workers", "work"), [(4, 0.02), (10, 0.05), (60, 0.1)])
def test_under_overload_it_finds_the_capacity_and_sheds_the_rest(workers: int, work: float) -> None:
    capacity = workers / work
    one = Service(lambda _now: workers, always(work), always(3 * capacity), gradient(probe_interval=20.0)).run(60.0)
    assert one.throughput(10, 60) > 0.97 * capacity
    assert workers <= one.limit(10, 60) <= 2.2 * workers + 4
    assert one.latency(10, 60) < 2.5 * work
    assert len(one.shed) > 0.6 * 60 * 2 * capacity


def test_without_overload_it_stays_out_of_the_way() -> None:
    one = Service(lambda _now: 10, always(0.05), always(100.0), gradient()).run(60.0)
    assert sum(at > 5 for at in one.shed) < 0.002 * len(one.done)


def test_it_recovers_when_the_service_does() -> None:
    def workers(now: float) -> int:
        return 5 if 20 <= now < 40 else 20

    one = Service(workers, always(0.05), always(500.0), gradient(probe_interval=10.0)).run(70.0)
    assert one.throughput(10, 20) > 0.9 * 400
    assert one.throughput(25, 40) > 0.9 * 100 and one.limit(30, 40) <= 20
    assert one.throughput(50, 70) > 0.9 * 400


def test_a_service_that_becomes_slower_is_not_starved_for_ever() -> None:
    one = Service(
        lambda _now: 20, lambda now: 0.05 if now < 20 else 0.15, always(700.0), gradient(probe_interval=10.0)
    ).run(80.0)
    assert one.throughput(50, 80) > 0.85 * 20 / 0.15


def test_a_baseline_taken_in_a_queue_is_put_right_by_probes() -> None:
    policy = gradient(probe_interval=3.0)
    policy.baseline, policy._exact, policy.limit, policy._probe_at = 1.0, 400.0, 400, 3.0
    one = Service(lambda _now: 10, always(0.05), always(600.0), policy).run(70.0)
    assert one.limit(0, 3) > 200
    assert one.limit(50, 70) < 25 and one.latency(50, 70) < 0.12
    assert one.throughput(50, 70) > 0.95 * 200


def test_without_probes_demand_that_never_rests_would_keep_an_old_baseline() -> None:
    # What the theory says about probes, and why they are there.
    def work(now: float) -> float:
        return 0.05 if now < 10 else 0.02

    with_probes = Service(lambda _now: 10, work, always(1500.0), gradient(probe_interval=5.0)).run(40.0)
    without = Service(lambda _now: 10, work, always(1500.0), gradient(probe_interval=1e9)).run(40.0)
    assert with_probes.baselines[-1][1] < 0.03 < without.baselines[-1][1]
    assert with_probes.latency(30, 40) < without.latency(30, 40)


def test_fast_errors_do_not_look_like_a_fast_service() -> None:
    policy = gradient()
    for number in range(400):
        policy.observe(0.05, policy.limit, number / 100)
    before = policy.limit
    for number in range(200):
        policy.fail(4 + number / 100)
    assert policy.limit < before
    for number in range(2000):
        policy.fail(6 + number / 100)
    assert policy.limit == policy.rule.min


def test_idle_traffic_grows_no_limit() -> None:
    policy = gradient()
    for number in range(2000):
        policy.observe(0.05, 1, number / 100)
    assert policy.limit == policy.rule.min


def test_another_rule_is_followed_at_once() -> None:
    policy = gradient(min=4, max=100)
    policy.follow(Adaptive(min=50, max=60))
    assert policy.limit == 50
    policy.follow(Adaptive(min=1, max=10))
    assert policy.limit == 10


EVENTS = st.lists(
    st.tuples(st.floats(0, 1e6), st.integers(0, 2000), st.floats(0, 10), st.booleans()), min_size=1, max_size=300
)


@given(events=EVENTS)
def test_the_limit_never_leaves_its_bounds_whatever_is_observed(events: list[tuple[float, int, float, bool]]) -> None:
    policy, now = gradient(min=3, max=50, probe_interval=1.0), 0.0
    for seconds, in_flight, pause, failed in events:
        now += pause
        if failed:
            policy.fail(now)
        else:
            policy.observe(seconds, in_flight, now)
        assert 3 <= policy.limit <= 50
