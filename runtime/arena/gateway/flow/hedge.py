"""A second attempt beside the first, for a GET that takes longer than usual: whoever replies first answers, the other one is
broken off.

Theory. The exchange has a main attempt (its own `target`, `upstream`, `admission`, `sent_at`, `judged`) and, while they race, a
`Hedge` with facts of its own. The race ends when

    what happens                      then
    a reply from the main attempt     the hedge is broken off, and nothing is said about its instance
    a reply from the hedge            it becomes the main attempt; the first one is broken off, as above
    one of them fails                 it is judged as ever, and the other one goes on alone, as the main attempt
    the exchange is over              both are broken off

so that outside of the race nobody need know of hedges. A hedge is a retry to the budget and to the count of attempts. While
they race, it takes a place of its own behind the service's limits on requests under way; where there is none, it is not made.
There is one at most: it escapes an instance that is slow just then. Where the second is slow as well the service is slow as a
whole, and more of the same load would make it slower.
Source: Dean and Barroso, The Tail at Scale (2013): one more request after the 95th percentile cut the 99.9th from 1,800 ms to
74 ms, for 2 % more requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import random
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.flow import attempt, dispatch, failure
from arena.gateway.flow.tries import Tries, is_late
from arena.gateway.table.gate import lend_all
from arena.model import resilience
from arena.policy.balance import choose, is_awake
from arena.policy.quantile import Quantile
from arena.tasks import spawn

if TYPE_CHECKING:
    from arena.gateway.connection.upstream import UpstreamConnection
    from arena.gateway.stats import RouteStats
    from arena.gateway.table.gate import GiveBack
    from arena.gateway.table.target import Target

_METHODS = frozenset({b"GET", b"HEAD"})


@dataclass(frozen=True, slots=True)
class HedgeRule:
    """A route's rule made ready: hedge after `after` seconds, or when an attempt takes longer than `usual` says."""

    after: float | None
    usual: Quantile | None

    def delay(self) -> float | None:
        """Seconds to wait for the first attempt; None: not known yet."""
        return self.after if self.usual is None else self.usual.value()


class Hedge:
    """A second attempt; its attributes mean what those of the exchange mean. `turn`: it became the main one at that turn.
    `places` are what it takes of the service's limits."""

    __slots__ = ("admission", "judged", "places", "sent_at", "target", "turn", "upstream")
    streamed = False

    def __init__(self, target: Target, admission: int, places: tuple[GiveBack, ...]) -> None:
        self.target: Target | None = target
        self.upstream: UpstreamConnection | None = None
        self.admission = admission
        self.sent_at = 0.0
        self.judged = False
        self.turn = -1
        self.places = places

    def give_back(self) -> None:
        """The race is over: whoever goes on has the place of the exchange."""
        for give_back in self.places:
            give_back()
        self.places = ()


def compile_hedge(rule: resilience.Hedge | None, stats: RouteStats) -> HedgeRule | None:
    """Make `rule` ready; what is usual is kept in `stats`, which survive a swap."""
    if rule is None:
        return None
    if rule.after is not None:
        return HedgeRule(rule.after, None)
    rank = rule.percentile / 100.0
    if stats.usual is None or stats.usual.rank != rank:
        stats.usual = Quantile(rank)
    return HedgeRule(None, stats.usual)


def arm(x: Exchange, tries: Tries, rule: HedgeRule) -> None:
    """The first attempt begins: have another one made if it takes too long."""
    if x.head.method not in _METHODS or x.head.content_length or x.head.upgrade:
        tries.hedging = None
        return
    tries.first_at = monotonic()
    delay = rule.delay()
    if delay is not None:
        tries.later(x, delay, _launch)


def replied(x: Exchange, tries: Tries, upstream: UpstreamConnection, rule: HedgeRule) -> None:
    """The reply on `upstream` is the one for the client."""
    now = monotonic()
    if rule.usual is not None:
        # Of a first attempt that lost we know only that it takes at least as long; without it all would seem quick.
        rule.usual.observe(now - tries.first_at)
    tries.no_later()
    hedge = tries.hedge
    if hedge is None:
        return
    won = hedge.upstream is upstream
    _count(x, "won" if won else "lost")
    x.log_more += b',"hedge":"won"' if won else b',"hedge":"lost"'
    if won:
        slow = x.target
        if slow is not None and slow.latency is not None and x.sent_at:
            slow.latency.observe(now - x.sent_at, now)
        _drop_main(x, tries, hedge)
    else:
        break_off(tries)


def disappointed(x: Exchange, hedge: Hedge, upstream: UpstreamConnection, status: int) -> None:
    """The reply on `upstream` has a `status` that is not for the client: the other attempt goes on alone."""
    attempt.replied(_on(x, hedge, upstream), upstream.target, status, monotonic())
    failure.count_error(x, upstream.target, f"status_{status}")
    failed(x, upstream)


def failed(x: Exchange, upstream: UpstreamConnection | None, *, stale: bool = False) -> bool:
    """Whether the attempt on `upstream` (None: the main one) raced another, which goes on alone. The failed one counts against
    its instance, unless it was judged already or its connection was `stale`."""
    tries = x.tries
    hedge = None if tries is None else tries.hedge
    if tries is None or hedge is None:
        return False
    loser = _on(x, hedge, upstream)
    if loser.target is not None:
        tries.failed.append(loser.target)
        if not loser.judged and not stale:
            attempt.failed(loser, monotonic())
    _count(x, "failed" if loser is hedge else "saved")
    if loser is hedge:
        break_off(tries)
    else:
        _drop_main(x, tries, hedge)
        if (seconds := tries.rule(x).per_try_timeout) is not None:
            tries.wait(x, seconds, failure.try_timed_out)
    return True


def break_off(tries: Tries) -> None:
    """End the hedge, if there is one; nothing is said about its instance unless it was judged."""
    hedge, tries.hedge = tries.hedge, None
    if hedge is None or hedge.target is None:
        return
    hedge.give_back()
    if hedge.upstream is not None:
        hedge.upstream.abandon()
    _leave(hedge)


def _launch(x: Exchange) -> None:
    tries, now = x.tries, monotonic()
    # A first attempt that has failed by now is for the retries.
    if x.over or tries is None or tries.failed or now >= tries.deadline or x.attempts >= tries.rule(x).attempts:
        return
    service = x.service
    others = tuple(one for one in service.targets if one is not x.target and is_awake(one, now))
    target = choose(others, now, random) if service.pick is None else service.pick(x, others, now)
    places = None if target is None else lend_all(service.gates, x)
    if target is None or places is None:
        return
    if not service.budget.withdraw(now):
        for give_back in places:
            give_back()
        return
    target.in_flight += 1
    tries.hedge = hedge = Hedge(target, 0 if target.breaker is None else target.breaker.admit(now), places)
    x.attempts += 1
    x.at_end(_over)
    if target.idle:
        _send(x, hedge, target, target.idle.pop())
    else:
        spawn(_dial(x, tries, hedge, target), name="hedge")


def _over(x: Exchange, _outcome: Outcome, _now: float) -> None:
    if x.tries is not None:
        break_off(x.tries)


async def _dial(x: Exchange, tries: Tries, hedge: Hedge, target: Target) -> None:
    problem = ""
    upstream: UpstreamConnection | None = None
    try:
        upstream = await dispatch.connect(x.client.plane, target)
    except OSError as error:
        problem = failure.reason(error)
        target.resting_until = monotonic() + failure.REST_SECONDS
    if tries.hedge is hedge and not x.over:
        if upstream is not None:
            _send(x, hedge, target, upstream)
        else:
            failure.count_error(x, target, "connect")
            tries.failed.append(target)
            attempt.failed(hedge, monotonic())
            _count(x, "failed")
            break_off(tries)
    elif upstream is None:
        if hedge.turn >= 0:
            failure.dial_failed(x, target, hedge.turn, "connect", f"could not be connected to ({problem})")
    elif hedge.turn >= 0 and not is_late(x, hedge.turn):
        dispatch.send(x, target, upstream)
    else:
        upstream.park(monotonic())


def _send(x: Exchange, hedge: Hedge, target: Target, upstream: UpstreamConnection) -> None:
    hedge.upstream = upstream
    hedge.sent_at = monotonic()
    upstream.send(x, dispatch.compose(x, target))
    upstream.deadline = hedge.sent_at + x.first_byte


def _drop_main(x: Exchange, tries: Tries, hedge: Hedge) -> None:
    """The hedge is the main attempt from now on."""
    if x.upstream is not None:
        x.upstream.abandon()
    if x.target is not None:
        failure.leave(x, x.target)
    tries.hedge = None
    hedge.give_back()
    tries.turn += 1
    hedge.turn = tries.turn
    x.target, x.upstream = hedge.target, hedge.upstream
    x.admission, x.sent_at, x.judged = hedge.admission, hedge.sent_at, hedge.judged


def _on(x: Exchange, hedge: Hedge, upstream: UpstreamConnection | None) -> Exchange | Hedge:
    """Whose attempt is on `upstream`."""
    return hedge if upstream is not None and hedge.upstream is upstream else x


def _leave(hedge: Hedge) -> None:
    target = hedge.target
    if target is not None:
        if not hedge.judged:
            attempt.forgotten(hedge, target)
        target.in_flight -= 1


def _count(x: Exchange, result: str) -> None:
    x.client.plane.stats.hedges[x.match.stats.route, result] += 1
