"""policy.limit.sliding_log: what the contract of all algorithms does not say (tests/contract/test_limit.py)."""

from __future__ import annotations

from arena.model.route import RateLimit
from arena.policy.limit import sliding_log
from arena.policy.limit.sliding_log import SlidingLog


def test_each_request_comes_back_a_window_after_it_was_made() -> None:
    log = SlidingLog(RateLimit(0.2, 2))
    log.take("k", 1.0)
    log.take("k", 4.0)
    assert log.ask("k", 5.0) == 6.0
    assert log.ask("k", 11.0) == 0.0
    assert log.take("k", 11.0) == (0, 3.0)
    assert log.ask("k", 12.0) == 2.0


def test_many_keys_with_large_quotas_stay_within_the_memory() -> None:
    quota = 10_000
    log = SlidingLog(RateLimit(1.0, quota))
    room = sliding_log.MAX_TIMES // quota
    for number in range(10 * room):
        log.take(number, 1.0)
    assert len(log) <= 2 * room + 1024
