"""How many at once a service can take, found by watching how long it takes.

Theory. A service with c workers that each take s seconds answers n ≤ c requests at once in s seconds; of more, the rest wait
inside it, and n of them take about s·n/c. So the ratio of the latency without a queue to the latency now says how far beyond
c we are, and the limit follows it:

    gradient  = (1 + BUFFER) · baseline / latency      kept between ½ and 2
    new limit = gradient · limit + √(gradient · limit)

At the end of each window (a tenth of a second or 20 replies, whichever is later) `latency` is the median of its replies. Only
requests that were sent within the window count: the others tell of the limit before, and following them would swing. With
more demand than capacity this comes to rest at n ≈ (1 + BUFFER)·c + √((1 + BUFFER)·c): c in work and a short queue, so that no
worker idles. The median rather than the mean, because a few slow requests say nothing about a queue.

    in the window                                    the limit
    less than half of the limit was under way        does not grow: nothing was learned about a higher one
    more than a tenth failed                         falls to nine tenths: fast errors would look like a fast service
    else                                             follows the gradient

`baseline` is the latency with no queue. Each window in which less than half the limit was under way measures it; so does one at
the lowest limit, where there is no lower to compare with. Under constant demand neither happens, and the baseline would
be what it was when the demand began, though the service has become faster or slower since: then every `probe_interval` the
limit is halved for 50 replies. Half of the resting limit is below c, and costs a third of the throughput for a moment; a
baseline that was taken in a queue, far too high, falls by a third with each probe until it is right.

Sources: the gradient controller of Envoy's adaptive concurrency filter (its probe goes down to 3 requests); Netflix's
concurrency-limits (no growth below half of the limit); BBR version 2 (a probe at half of the path's capacity); Little's law.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, sqrt
from statistics import median

from arena.model.concurrency import Adaptive

BUFFER = 0.25
WINDOW_SECONDS = 0.1
WINDOW_REPLIES = 20
PROBE_REPLIES = 50
FAILED_SHARE = 0.1
JITTER = 0.1


class Gradient:
    """The limit of one service. Times are seconds of the caller's clock; `draw` gives random numbers in [0, 1), so that
    several gateways do not probe at once."""

    __slots__ = (
        "_draw", "_exact", "_failed", "_half", "_peak", "_probe_at", "_probing", "_replies", "_since", "baseline",
        "limit", "rule",
    )  # fmt: skip

    def __init__(self, rule: Adaptive, draw: Callable[[], float]) -> None:
        self.rule = rule
        self.limit = rule.min
        self.baseline = inf
        self._draw = draw
        self._exact = float(rule.min)
        self._half = 0.0  # the limit to go back to after a probe
        self._probing = False
        self._probe_at = inf
        self._since = -inf
        self._replies: list[float] = []
        self._failed = 0
        self._peak = 0

    def observe(self, seconds: float, in_flight: int, now: float) -> None:
        """A reply came after `seconds`, when `in_flight` were under way with it."""
        if now - seconds < self._since:
            return  # it was sent under another limit
        self._replies.append(seconds)
        self._peak = max(self._peak, in_flight)
        self._look(now)

    def fail(self, now: float) -> None:
        """A request was not answered, or with an error that says that there is too much to do."""
        self._failed += 1
        self._look(now)

    def follow(self, rule: Adaptive) -> None:
        """Go on under another rule."""
        self.rule = rule
        self._set(self._exact)

    def _look(self, now: float) -> None:
        seen = len(self._replies) + self._failed
        if self._probing:
            if seen >= PROBE_REPLIES:
                self._end_probe(now)
        elif seen >= WINDOW_REPLIES and now >= self._since + WINDOW_SECONDS:
            self._end_window(now)

    def _end_window(self, now: float) -> None:
        if self._failed > FAILED_SHARE * (len(self._replies) + self._failed):
            self._set(self._exact * 0.9)
        else:
            self._follow_latency(median(self._replies), now)
        self._begin_window(now)
        if now >= self._probe_at:
            self._probing, self._half = True, self._exact
            self._set(self._exact / 2)

    def _follow_latency(self, latency: float, now: float) -> None:
        idle = 2 * self._peak < self.limit
        if idle or self.limit <= self.rule.min or self.baseline == inf:
            self.baseline = latency
            self._plan_probe(now)
        if idle:
            return
        grown = min(2.0, max(0.5, (1 + BUFFER) * self.baseline / latency)) * self._exact
        self._set(grown + sqrt(grown))

    def _end_probe(self, now: float) -> None:
        if self._failed <= FAILED_SHARE * (len(self._replies) + self._failed):
            self.baseline = median(self._replies)
        self._probing = False
        self._plan_probe(now)
        self._begin_window(now)
        self._set(self._half)

    def _plan_probe(self, now: float) -> None:
        self._probe_at = now + self.rule.probe_interval * (1 + JITTER * self._draw())

    def _begin_window(self, now: float) -> None:
        self._since = now
        self._replies = []
        self._failed = 0
        self._peak = 0

    def _set(self, limit: float) -> None:
        self._exact = min(float(self.rule.max), max(float(self.rule.min), limit))
        self.limit = int(self._exact)
