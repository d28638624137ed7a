"""Back-off: bounded, growing, and it gives up exactly when promised."""

from hypothesis import given
from hypothesis import strategies as st

from arena.model.service import Restart
from arena.policy.backoff import Backoff, ceiling

RULE = Restart(delay=0.5, max_delay=30.0, max_attempts=4, window=120.0)


def test_the_ceiling_doubles_up_to_the_cap():
    assert [ceiling(RULE, attempt) for attempt in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_an_absurd_attempt_number_does_not_overflow():
    assert ceiling(RULE, 10**6) == 30.0


def test_gives_up_after_max_attempts_within_the_window():
    state = Backoff()
    for now in range(4):
        verdict = state.again(RULE, float(now), 0.99)
        assert verdict is not None
        state, _ = verdict
    assert state.again(RULE, 4.0, 0.99) is None


def test_old_restarts_are_forgotten_and_the_delay_is_short_again():
    state = Backoff((0.0, 1.0, 2.0, 3.0))
    verdict = state.again(RULE, 200.0, 0.5)
    assert verdict == (Backoff((200.0,)), 0.25)


def test_zero_attempts_never_restarts():
    assert Backoff().again(Restart(max_attempts=0), 0.0, 0.5) is None


@given(
    gaps=st.lists(st.floats(0, 300), max_size=60),
    draw=st.floats(0, 1, exclude_max=True),
    attempts=st.integers(0, 10),
    window=st.floats(0.1, 500),
)
def test_no_window_ever_holds_more_restarts_than_allowed(gaps, draw, attempts, window):
    rule = Restart(max_attempts=attempts, window=window)
    state, now, restarted = Backoff(), 0.0, []
    for gap in gaps:
        now += gap
        verdict = state.again(rule, now, draw)
        if verdict is not None:
            state, delay = verdict
            assert 0 <= delay <= rule.max_delay
            restarted.append(now)
    for at in restarted:
        assert sum(1 for other in restarted if other <= at and at - other < window) <= attempts
