"""policy.breaker: the table above its code, row by row, and what must hold whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from arena.model.traffic import BreakerRule
from arena.policy.breaker import Breaker

RULE = BreakerRule(failures=3, min_requests=10, window=10.0, open_for=2.0, max_open_for=5.0, trials=2)


def fail(breaker: Breaker, now: float, times: int = 1) -> None:
    for _ in range(times):
        breaker.fail(breaker.admit(now), now)


def succeed(breaker: Breaker, now: float, times: int = 1, seconds: float = 0.0) -> None:
    for _ in range(times):
        breaker.succeed(breaker.admit(now), seconds, now)


def opened(now: float = 0.0, rules: BreakerRule = RULE) -> Breaker:
    breaker = Breaker(rules)
    fail(breaker, now, rules.failures)
    assert breaker.state(now) == "open"
    return breaker


def test_failures_in_a_row_open_it_and_a_success_between_them_does_not() -> None:
    breaker = Breaker(replace(RULE, min_requests=100))
    for _ in range(3):
        fail(breaker, 0.0, 2)
        succeed(breaker, 0.0)
    assert breaker.state(0.0) == "closed"
    fail(breaker, 0.0, 3)
    assert (breaker.state(0.0), breaker.opened, breaker.wait(0.5)) == ("open", 1, 1.5)


@pytest.mark.parametrize(("good", "state"), [(5, "open"), (6, "closed")])
def test_the_share_of_errors_opens_it_from_the_bound_on(good: int, state: str) -> None:
    breaker = Breaker(replace(RULE, failures=100))
    succeed(breaker, 0.0, good)
    fail(breaker, 0.0, 5)
    assert breaker.state(0.0) == state


def test_few_requests_have_no_share() -> None:
    breaker = Breaker(replace(RULE, failures=100))
    fail(breaker, 0.0, 9)
    assert breaker.state(0.0) == "closed"
    fail(breaker, 0.0)
    assert breaker.state(0.0) == "open"


@pytest.mark.parametrize(("later", "state"), [(9.0, "open"), (10.5, "closed"), (1000.0, "closed")])
def test_what_left_the_window_does_not_count(later: float, state: str) -> None:
    breaker = Breaker(replace(RULE, failures=100))
    fail(breaker, 100.0, 9)
    fail(breaker, 100.0 + later)
    assert breaker.state(100.0 + later) == state


def test_slow_replies_open_it_and_are_no_errors() -> None:
    breaker = Breaker(replace(RULE, slow_after=1.0, slow_rate=0.5))
    succeed(breaker, 0.0, 5, seconds=1.0)
    succeed(breaker, 0.0, 4, seconds=1.1)
    assert breaker.state(0.0) == "closed"
    succeed(breaker, 0.0, seconds=9.0)
    assert breaker.state(0.0) == "open"


def test_no_reply_is_slow_unless_the_rule_says_when() -> None:
    breaker = Breaker(RULE)
    succeed(breaker, 0.0, 100, seconds=1e6)
    assert breaker.state(0.0) == "closed"


def test_it_lets_trials_through_after_its_time_and_closes_when_all_went_well() -> None:
    breaker = opened()
    assert not breaker.admits(1.999)
    with pytest.raises(RuntimeError):
        breaker.admit(1.999)
    first, second = breaker.admit(2.0), breaker.admit(2.0)
    assert (breaker.state(2.0), breaker.admits(2.0)) == ("half_open", False)
    breaker.succeed(first, 0.0, 2.1)
    assert (breaker.state(2.1), breaker.admits(2.1)) == ("half_open", False)
    breaker.succeed(second, 0.0, 2.2)
    assert breaker.state(2.2) == "closed"
    fail(breaker, 2.2, 2)
    assert breaker.state(2.2) == "closed", "the run before it opened is forgotten"


def test_a_failed_trial_opens_it_for_twice_as_long_up_to_the_bound_until_it_closes() -> None:
    breaker, now, waits = opened(), 0.0, []
    for _ in range(4):
        waits.append(breaker.wait(now))
        now += waits[-1]
        fail(breaker, now)
    assert waits == [2.0, 4.0, 5.0, 5.0]
    now += breaker.wait(now)
    succeed(breaker, now, 2)
    fail(breaker, now, 3)
    assert breaker.wait(now) == 2.0


def test_a_slow_trial_is_a_failure() -> None:
    breaker = opened(rules=replace(RULE, slow_after=1.0))
    succeed(breaker, 2.0, seconds=1.5)
    assert breaker.state(2.0) == "open"


def test_a_forgotten_trial_gives_its_place_back() -> None:
    breaker = opened()
    breaker.forget(breaker.admit(2.0))
    assert breaker.admit(2.0) == breaker.admit(2.0)
    assert not breaker.admits(2.0)


def test_results_of_an_earlier_generation_say_nothing() -> None:
    breaker = Breaker(RULE)
    early = breaker.admit(0.0)
    fail(breaker, 0.0, 3)
    trial = breaker.admit(2.0)
    for _ in range(5):
        breaker.succeed(early, 0.0, 2.0)
        breaker.forget(early)
    assert breaker.state(2.0) == "half_open"
    breaker.fail(early, 2.0)
    breaker.succeed(trial, 0.0, 2.0)
    succeed(breaker, 2.0)
    assert breaker.state(2.0) == "closed"


def test_a_reply_that_breaks_off_counts_against_it_after_its_success() -> None:
    breaker = Breaker(RULE)
    for _ in range(3):
        generation = breaker.admit(0.0)
        breaker.succeed(generation, 0.0, 0.0)
        breaker.fail(generation, 0.0)
    assert breaker.state(0.0) == "closed", "each success ends the run"
    trial = opened()
    generation = trial.admit(2.0)
    trial.succeed(generation, 0.0, 2.0)
    trial.fail(generation, 2.0)
    assert trial.state(2.0) == "open"


def test_reset_closes_it_and_forgets() -> None:
    breaker = opened()
    breaker.reset()
    fail(breaker, 0.0, 2)
    assert breaker.state(0.0) == "closed"


def test_an_idle_bound_below_the_first_rest_shortens_nothing() -> None:
    breaker = opened(rules=replace(RULE, open_for=3.0, max_open_for=1.0))
    assert breaker.wait(0.0) == 3.0


class Life(RuleBasedStateMachine):
    """Any order of admissions, results and time: a model that knows only when it opened, and who is under way."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(replace(RULE, slow_after=1.0))
        self.now = 50.0
        self.under_way: list[int] = []
        self.opened_at = -1.0

    @rule(seconds=st.sampled_from([0.0, 0.1, 1.0, 2.0, 5.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.breaker.admits(self.now))
    @rule()
    def admit(self) -> None:
        self.under_way.append(self.breaker.admit(self.now))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), what=st.sampled_from(["succeed", "slow", "fail", "forget"]))
    def end(self, data: st.DataObject, what: str) -> None:
        before = self.breaker.opened
        generation = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        if what == "fail":
            self.breaker.fail(generation, self.now)
        elif what == "forget":
            self.breaker.forget(generation)
        else:
            self.breaker.succeed(generation, 2.0 if what == "slow" else 0.1, self.now)
        if self.breaker.opened > before:
            self.opened_at = self.now

    @invariant()
    def open_never_admits(self) -> None:
        if self.breaker.state(self.now) == "open":
            assert not self.breaker.admits(self.now)
        if not self.breaker.closed and self.now < self.opened_at + RULE.open_for:
            assert not self.breaker.admits(self.now)

    @invariant()
    def trials_are_bounded_and_never_lost(self) -> None:
        if self.breaker.state(self.now) == "half_open":
            trials = self.under_way.count(self.breaker.generation)
            assert trials <= RULE.trials
            assert trials or self.breaker.admits(self.now), "nobody is under way, so somebody may try"

    @invariant()
    def closed_always_admits(self) -> None:
        assert not self.breaker.closed or self.breaker.admits(self.now)

    @invariant()
    def it_is_open_for_its_bound_at_most(self) -> None:
        assert self.breaker.wait(self.now) <= RULE.max_open_for


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
