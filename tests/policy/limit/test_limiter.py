"""policy.limit.limiter: which algorithm a limit gets."""

from __future__ import annotations

from typing import get_args

import pytest

from arena.model.route import Algorithm, RateLimit
from arena.policy.limit.limiter import make


@pytest.mark.parametrize("algorithm", get_args(Algorithm))
def test_every_algorithm_can_be_made(algorithm: Algorithm) -> None:
    limiter = make(RateLimit(1.0, 1, algorithm=algorithm))
    assert type(limiter).__name__.lower() == algorithm.replace("_", "")


@pytest.mark.parametrize("limit", [RateLimit(0.0, 1), RateLimit(-1.0, 1), RateLimit(1.0, 0)])
def test_an_impossible_limit_is_refused(limit: RateLimit) -> None:
    with pytest.raises(ValueError, match="positive rate"):
        make(limit)
