"""The circuit breaker of a route: requests that would only fail are refused at once, whichever instance they would meet.

It judges what the client gets in the end, after retries and before a fallback: no reply, a reply that breaks off, or one of the
statuses of its rule. A reply is judged when it begins, so that a long stream holds up no trial; what the caller is to blame for
is forgotten. It comes behind authentication and limits, and before faults on purpose, so that those can try it out.
"""

from __future__ import annotations

import math
from time import monotonic

from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.flow import fallback
from arena.gateway.refusal import Refusal
from arena.gateway.table.route import Verdict
from arena.gateway.wire.reply import ReplyDraft
from arena.model.breaker import BreakerPlace
from arena.model.traffic import BreakerRule
from arena.policy.breaker import Breaker


class RouteBreaker:
    """A filter. `tripped_until`: a person keeps the route closed to callers (Unix seconds, infinite for no end, 0: nobody
    does); `refused` counts the requests that were."""

    def __init__(self, route: str, service: str, rule: BreakerRule) -> None:
        self.route = route
        self.service = service
        self.place = BreakerPlace(route=route)
        self.breaker = Breaker(rule)
        self.tripped_until = 0.0
        self.refused = 0

    def is_open(self, now: float) -> bool:
        """Whether a request would be refused at `now`, monotonic seconds."""
        return bool(self.tripped_until) or not (self.breaker.closed or self.breaker.admits(now))

    def __call__(self, x: Exchange) -> Verdict:
        breaker = self.breaker
        if self.is_open(x.began):
            return self._refuse(x)
        judge = _Judge(breaker, breaker.admit(x.began))
        x.observe(judge)
        x.at_end(judge.end)
        return None

    def _refuse(self, x: Exchange) -> Verdict:
        self.refused += 1
        spare = fallback.fallback_for(x, "unavailable")
        if spare is not None:
            return fallback.divert(x, spare)
        if self.tripped_until:
            detail = (
                f"the route {self.route} is out of traffic, by an operator's order; `arena breaker list` tells which"
            )
            return Refusal(503, "circuit-open", detail, headers=(b"retry-after: 1",))
        seconds = max(1, math.ceil(self.breaker.wait(monotonic())))
        detail = f"requests to this route have failed too often of late; try again in {seconds} s"
        return Refusal(503, "circuit-open", detail, headers=(b"retry-after: %d" % seconds,))


class _Judge:
    """What the breaker hears of one exchange."""

    __slots__ = ("_admission", "_breaker", "_judged")

    def __init__(self, breaker: Breaker, admission: int) -> None:
        self._breaker = breaker
        self._admission = admission
        self._judged = False

    def began(self, x: Exchange, head: ReplyDraft) -> None:
        """A reply begins."""
        now = monotonic()
        self._judged = True
        if head.status in self._breaker.statuses or x.rescued:
            self._breaker.fail(self._admission, now)
        else:
            seconds = 0.0 if x.streamed else now - x.began
            self._breaker.succeed(self._admission, seconds, now)

    def piece(self, x: Exchange, data: bytes) -> None:
        """What it holds does not matter."""

    def end(self, x: Exchange, outcome: Outcome, now: float) -> None:
        """It is over: the breaker hears of what did not begin, and of what broke off."""
        if outcome == "cut":
            self._breaker.fail(self._admission, now)
        elif self._judged:
            return
        elif outcome == "failed" or x.rescued:
            self._breaker.fail(self._admission, now)
        else:
            self._breaker.forget(self._admission)
