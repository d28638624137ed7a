"""policy.limit.token_bucket: what the contract of all algorithms does not say (tests/contract/test_limit.py)."""

from __future__ import annotations

from arena.model.route import RateLimit
from arena.policy.limit.token_bucket import TokenBucket


def test_one_period_gives_one_request_back() -> None:
    bucket = TokenBucket(RateLimit(2.0, 3))
    assert [bucket.take("k", 10.0)[0] for _ in range(3)] == [2, 1, 0]
    assert bucket.ask("k", 10.0) == 0.5
    assert bucket.ask("k", 10.5) == 0.0
    assert bucket.take("k", 10.5) == (0, 1.5)


def test_asking_counts_nothing() -> None:
    bucket = TokenBucket(RateLimit(1.0, 1))
    assert [bucket.ask("k", 1.0) for _ in range(5)] == [0.0] * 5
    assert len(bucket) == 0
