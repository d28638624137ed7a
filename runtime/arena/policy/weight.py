"""Which endpoint gets the next request where some are meant to get more than others.

Theory. A weight is relative: of two endpoints the one with three times the weight is meant to get three times the requests.
What that means under each rule of balance:

    least in flight    two are drawn, each with a chance by weight; the second is taken if it has fewer requests under way
                       for its weight. Without load the draw decides, so shares are those of the weights; under load the
                       requests under way are.
    round robin        in n requests each gets its share of them to within one, and the heavy one's turns are spread out
    peak EWMA          what it costs to ask one is divided by its weight: weight 3 counts as three times as fast
    consistent hash    each gets its share of the keys; a weight that changes moves only the keys that it must

A new endpoint whose caches are cold is given less at first (*slow start*): its weight grows in a straight line from a tenth
to the whole. Sources: nginx's smooth weighted round robin; Envoy's slow start with aggression 1 and a minimum of 10 %.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from arena.policy.balance import Loaded, able

LEAST_SHARE = 0.1


class Weighted(Loaded, Protocol):
    """A candidate with a weight above 0. `credit` is what round robin still owes it, 0 at first."""

    weight: float
    credit: float


W = TypeVar("W", bound=Weighted)


def ramp(age: float, window: float) -> float:
    """The share of its weight that an endpoint has `age` seconds after it came, if it takes `window` seconds to warm up."""
    return 1.0 if age >= window else max(LEAST_SHARE, age / window)


def choose_by_weight(candidates: Sequence[W], now: float, draw: Callable[[], float]) -> W | None:
    """One of `candidates` by weight and requests under way; the resting only when all rest, None when no breaker admits.
    `draw` gives random numbers in [0, 1)."""
    some = able(candidates, now)
    if len(some) < 2:
        return some[0] if some else None
    total = sum(one.weight for one in some)
    first, second = _drawn(some, draw() * total), _drawn(some, draw() * total)
    return second if second.in_flight * first.weight < first.in_flight * second.weight else first


def take_turns(candidates: Sequence[W], now: float) -> W | None:
    """The one of `candidates` that is owed most; the resting only when all rest, None when no breaker admits."""
    some = able(candidates, now)
    if not some:
        return None
    for one in some:
        one.credit += one.weight
    chosen = max(some, key=lambda one: one.credit)
    chosen.credit -= sum(one.weight for one in some)
    return chosen


def _drawn(some: Sequence[W], point: float) -> W:
    """The one within whose stretch of the line of all weights `point` lies."""
    for one in some:
        point -= one.weight
        if point < 0:
            return one
    return some[-1]  # sums of floats may end a hair short of the total
