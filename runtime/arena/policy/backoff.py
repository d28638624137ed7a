"""When to start again what keeps ending, and when to give up.

Exponential back-off with full jitter: the n-th restart in a row waits a random time between zero and
`delay * 2**n`, capped at `max_delay`. Full jitter spreads the load of many things that fail together better than equal
jitter or none. Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

from __future__ import annotations

from dataclasses import dataclass

from arena.model.service import Restart

_LARGEST_EXPONENT = 63  # 2**63 is past every sensible cap, and a float holds it


@dataclass(frozen=True, slots=True)
class Backoff:
    """The restarts of one instance so far: monotonic seconds, oldest first."""

    restarts: tuple[float, ...] = ()

    def again(self, rule: Restart, now: float, draw: float) -> tuple[Backoff, float] | None:
        """Decide on one more restart at `now`. Returns the new state and the delay in seconds, or None: give up.

        `draw` is a random number in [0, 1), made by the caller. Restarts older than `rule.window` are forgotten, so
        that something which ran well for that long begins again with the shortest delay.
        """
        recent = tuple(at for at in self.restarts if now - at < rule.window)
        if len(recent) >= rule.max_attempts:
            return None
        return Backoff((*recent, now)), draw * ceiling(rule, len(recent))


def ceiling(rule: Restart, attempt: int) -> float:
    """The longest delay in seconds before restart number `attempt`, counted from 0."""
    return longest(rule.delay, rule.max_delay, attempt)


def longest(delay: float, max_delay: float, attempt: int) -> float:
    """`delay`, doubled `attempt` times, `max_delay` at most; of which a random part is waited."""
    return min(max_delay, delay * 2.0 ** min(attempt, _LARGEST_EXPONENT))
