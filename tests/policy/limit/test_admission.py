"""policy.limit.admission: asking and taking at once is what asking, then taking, is."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.route import Algorithm, RateLimit
from arena.policy.limit.limiter import make

PAUSES = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([0.0, 0.01, 0.2, 0.5, 1.0, 3.0])), max_size=40)


@pytest.mark.parametrize("algorithm", get_args(Algorithm))
@given(requests=PAUSES)
def test_one_step_does_what_two_do(algorithm: Algorithm, requests: list[tuple[str, float]]) -> None:
    limit = RateLimit(2.0, 3, algorithm=algorithm)
    one, two = make(limit), make(limit)
    now = 100.0
    for key, pause in requests:
        now += pause
        wait = two.ask(key, now)
        expected = (wait, 0, wait) if wait else (0.0, *two.take(key, now))
        assert one.admit(key, now) == expected
