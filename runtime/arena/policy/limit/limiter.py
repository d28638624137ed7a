"""What every algorithm can do, and which one a limit asks for."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol

from arena.model.route import Algorithm, RateLimit
from arena.policy.limit.admission import Answer
from arena.policy.limit.fixed_window import FixedWindow
from arena.policy.limit.sliding_counter import SlidingCounter
from arena.policy.limit.sliding_log import SlidingLog
from arena.policy.limit.token_bucket import TokenBucket


class Limiter(Protocol):
    """One RateLimit over many keys, in bounded memory. `now` is in seconds and never goes backwards.

    Asking and taking are two steps, so that a request under several limits is counted by all of them or by none.
    """

    def ask(self, key: Hashable, now: float) -> float:
        """0.0 when a request of `key` would be admitted, else the seconds to wait. Counts nothing."""

    def take(self, key: Hashable, now: float) -> tuple[int, float]:
        """Count a request that `ask` has just let pass. How many more would be admitted at once, and the seconds until the
        whole quota is there again (for the windows: until the present one ends)."""

    def admit(self, key: Hashable, now: float) -> Answer:
        """`ask` and, if that lets pass, `take`, in one step."""

    def __len__(self) -> int:
        """How many keys are held."""


_ALGORITHMS: dict[Algorithm, Callable[[RateLimit], Limiter]] = {
    "token_bucket": TokenBucket,
    "fixed_window": FixedWindow,
    "sliding_log": SlidingLog,
    "sliding_counter": SlidingCounter,
}


def make(limit: RateLimit) -> Limiter:
    """A limiter that has counted nothing yet. Raises ValueError for a rate that is not positive or a burst below one."""
    if limit.rate <= 0 or limit.burst < 1:
        raise ValueError(f"a rate limit needs a positive rate and a burst of at least 1, got {limit}")
    return _ALGORITHMS[limit.algorithm](limit)
