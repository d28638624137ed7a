"""policy.outlier: who is ejected, for how long, and never more than the cap."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from arena.model.traffic import OutlierRule
from arena.policy.outlier import Outliers

RULE = OutlierRule(
    interval=10.0, success_rate_factor=1.9, min_hosts=5, min_requests=100,
    base_ejection_time=30.0, max_ejection_time=100.0, max_ejected=0.5,
)  # fmt: skip


class Service:
    """Endpoints named by number, what they have done so far, and a clock."""

    def __init__(self, count: int, rules: OutlierRule = RULE) -> None:
        self.outliers: Outliers[int] = Outliers(rules)
        self.counts = dict.fromkeys(range(count), (0, 0))
        self.out: set[int] = set()
        self.now = 1000.0
        self.outliers.look(self.counts, self.out, self.now)

    def serve(self, *failures: int, requests: int = 100) -> bool:
        """An interval in which each endpoint has `requests`, and so many of them fail."""
        for endpoint, bad in enumerate(failures):
            before = self.counts[endpoint]
            self.counts[endpoint] = before[0] + requests, before[1] + bad
        return self.wait(self.outliers.rule.interval)

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return self.outliers.look(self.counts, self.out, self.now)

    @property
    def ejected(self) -> dict[int, float]:
        left = {endpoint: self.outliers.left(endpoint, self.now) for endpoint in self.counts}
        return {endpoint: seconds for endpoint, seconds in left.items() if seconds}


@pytest.mark.parametrize(
    ("failures", "ejected"),
    [
        ((0, 0, 0, 0, 60), {4}),
        ((5, 5, 5, 5, 60), {4}),
        ((60, 60, 60, 60, 60), set()),  # all alike: nobody is an outlier
        ((0, 0, 0, 0, 1), set()),  # far away in deviations, but one request of a hundred
        ((0, 0, 0, 0, 6), set()),  # 4.8 points below the mean
        ((0, 0, 0, 0, 7), {4}),
        ((0, 0, 0, 60), set()),  # too few hosts
        ((0, 0, 0, 60, 60), set()),  # two of five are at most 1.2 deviations away
        ((0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 60), {9, 10}),
        ((0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 90), {10}),
    ],
)
def test_who_is_an_outlier(failures: tuple[int, ...], ejected: set[int]) -> None:
    service = Service(len(failures))
    assert service.serve(*failures) == bool(ejected)
    assert set(service.ejected) == ejected


def test_few_requests_say_nothing_and_each_interval_counts_for_itself() -> None:
    service = Service(5)
    for _ in range(3):
        service.serve(0, 0, 0, 0, 60, requests=99)
    assert not service.ejected
    service.serve(0, 0, 0, 0, 0)
    assert not service.ejected


def test_before_an_interval_is_over_nothing_happens() -> None:
    service = Service(5)
    service.counts = {endpoint: (100, 60 if endpoint == 4 else 0) for endpoint in range(5)}
    assert not service.wait(9.9)
    assert not service.ejected
    assert service.wait(0.1)


def test_the_second_ejection_lasts_twice_as_long_up_to_the_bound_and_good_intervals_shorten_it() -> None:
    service = Service(5)
    lasted = []
    for _ in range(5):
        service.serve(0, 0, 0, 0, 60)
        lasted.append(round(service.ejected[4]))
        assert not service.wait(lasted[-1] - 0.001), "not before"
        assert service.wait(0.002)
        assert not service.ejected
        service.outliers._next = service.now + RULE.interval
    assert lasted == [30, 60, 90, 100, 100]
    for _ in range(5):
        service.serve(0, 0, 0, 0, 0)
    service.serve(0, 0, 0, 0, 60)
    assert round(service.ejected[4]) == 30


def test_the_cap_is_a_share_rounded_down_but_one_at_least_and_the_worst_goes_first() -> None:
    for share, count in ((0.1, 1), (0.01, 1), (0.2, 2), (1.0, 2)):
        service = Service(11, replace(RULE, max_ejected=share))
        service.serve(0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 70)
        assert set(service.ejected) == ({10} if count == 1 else {9, 10})


def test_who_is_out_for_other_reasons_counts_for_the_cap_and_is_not_judged() -> None:
    service = Service(11, replace(RULE, max_ejected=0.2))
    service.out = {0}
    service.serve(90, 0, 0, 0, 0, 0, 0, 0, 0, 60, 70)
    assert set(service.ejected) == {10}
    service.out = {0, 1}
    service = Service(11, replace(RULE, max_ejected=0.2))
    service.out = {0, 1}
    service.serve(0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 70)
    assert not service.ejected


def test_the_last_one_is_never_ejected_even_by_a_rule_that_would() -> None:
    service = Service(1, replace(RULE, min_hosts=1, success_rate_factor=0.0))
    service.serve(100)
    assert not service.ejected


def test_a_pardon_ends_it_at_once_and_forgets() -> None:
    service = Service(5)
    service.serve(0, 0, 0, 0, 60)
    service.outliers.pardon(4)
    service.outliers.pardon(99)
    assert not service.ejected
    service.serve(0, 0, 0, 0, 60)
    assert round(service.ejected[4]) == 30
    assert service.outliers.count == 2


def test_counts_that_begin_anew_are_no_failures() -> None:
    service = Service(5)
    service.serve(0, 0, 0, 0, 0, requests=1000)
    service.counts[4] = (0, 0)
    assert not service.wait(10.0)
    service.serve(0, 0, 0, 0, 0)
    assert not service.ejected


class Life(RuleBasedStateMachine):
    """Endpoints that come, go, fail and are taken out, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.rules = replace(RULE, success_rate_factor=0.5, min_hosts=2, min_requests=10, max_ejected=0.34)
        self.service = Service(6, self.rules)
        self.ejected_at: dict[int, float] = {}

    @rule(data=st.data())
    def interval(self, data: st.DataObject) -> None:
        bad = [data.draw(st.sampled_from([0, 0, 0, 5, 10])) for _ in self.service.counts]
        for endpoint, failed in zip(self.service.counts, bad, strict=True):
            requests, before = self.service.counts[endpoint]
            self.service.counts[endpoint] = requests + 10, before + failed
        self.pass_time(10.0)

    @rule(seconds=st.sampled_from([0.1, 5.0, 30.0, 400.0]))
    def pass_time(self, seconds: float) -> None:
        before = set(self.service.ejected)
        out = len(before | self.service.out)
        self.service.wait(seconds)
        fresh = set(self.service.ejected) - before
        if fresh:
            cap = max(1, int(self.rules.max_ejected * len(self.service.counts)))
            assert len(set(self.service.ejected) | self.service.out) <= max(cap, out)
        self.ejected_at |= dict.fromkeys(fresh, self.service.now)

    @rule(endpoint=st.integers(0, 8))
    def come_or_go(self, endpoint: int) -> None:
        if endpoint in self.service.counts and len(self.service.counts) > 1:
            del self.service.counts[endpoint]
        else:
            self.service.counts[endpoint] = (0, 0)
        self.service.out &= set(self.service.counts)
        self.service.wait(0.0)
        self.ejected_at = {key: at for key, at in self.ejected_at.items() if key in self.service.ejected}

    @rule(data=st.data())
    def take_out(self, data: st.DataObject) -> None:
        self.service.out = data.draw(st.sets(st.sampled_from(sorted(self.service.counts))))

    @invariant()
    def somebody_is_left_by_the_ejections(self) -> None:
        assert len(self.service.ejected) < len(self.service.counts) or len(self.service.counts) == 1

    @invariant()
    def everybody_comes_back_in_time(self) -> None:
        for endpoint, left in self.service.ejected.items():
            assert left <= self.rules.max_ejection_time
            assert self.service.now - self.ejected_at[endpoint] <= self.rules.max_ejection_time


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
