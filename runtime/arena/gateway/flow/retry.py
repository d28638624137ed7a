"""Whether a failed attempt is made again, and when: decided by `policy.retry`, carried out here."""

from __future__ import annotations

from random import random
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange
from arena.gateway.flow import attempt, dispatch, failure, fallback, hedge
from arena.gateway.flow.tries import Tries
from arena.gateway.wire.reply import ReplyHead
from arena.model.resilience import Cause
from arena.policy.balance import is_awake
from arena.policy.retry import is_safe, next_try

if TYPE_CHECKING:
    from arena.gateway.connection.upstream import UpstreamConnection

# The longest Retry-After of a service that is waited for; beyond it the caller can wait better than we can.
LONGEST_RETRY_AFTER = 2.0


def again(x: Exchange, cause: Cause, *, stale: bool = False) -> bool:
    """After a failure, make another attempt, now or after a pause; False when there is none. `stale`: a connection from the
    pool had been closed by the time it was used, which is nobody's failure."""
    tries = x.tries
    if tries is None:
        tries = x.tries = Tries()
    if cause not in tries.rule(x).on:
        return False
    if cause != "connect" and not _is_repeatable(x):
        return False
    now = monotonic()
    first = x.attempts - tries.before == 1
    at_once = first and (stale or (cause == "connect" and _others(x, tries, now)))
    wait = _plan(x, tries, now, at_once, 0.0)
    if wait is None:
        return False
    if x.upstream is not None:
        x.upstream.abandon()
        x.upstream = None
    _go(x, tries, wait)
    return True


def accept(x: Exchange, tries: Tries, upstream: UpstreamConnection, head: ReplyHead, rest: bytes) -> bool:
    """Whether a reply's head (`rest` came behind it) is the one for the client; if not, another attempt is under way."""
    if tries.hedge is not None and _is_unwanted(x, tries, head.status):
        hedge.disappointed(x, tries.hedge, upstream, head.status)
        return False
    if head.status in tries.rule(x).statuses and _is_repeatable(x):
        now = monotonic()
        asked = 0.0 if _others(x, tries, now, besides=upstream.target) else _retry_after(head)
        wait = _plan(x, tries, now, False, asked) if asked <= LONGEST_RETRY_AFTER else None
        if wait is not None:
            _put_back(x, upstream, head, rest, now)
            _go(x, tries, wait)
            return False
    if tries.fallback is not None:
        spare = fallback.fallback_for(x, head.status)
        if spare is not None:
            _put_back(x, upstream, head, rest, monotonic())
            fallback.take(x, spare)
            return False
        tries.fallback = None
    if tries.hedging is not None:
        hedge.replied(x, tries, upstream, tries.hedging)
    tries.settle()
    return True


def _is_unwanted(x: Exchange, tries: Tries, status: int) -> bool:
    """Whether a reply of this status is passed on only if there is no other."""
    spare = tries.fallback
    return status in tries.rule(x).statuses or (spare is not None and status in spare.rule.statuses)


def _put_back(x: Exchange, upstream: UpstreamConnection, head: ReplyHead, rest: bytes, now: float) -> None:
    """This reply is not for the client; its connection goes back to the pool if the whole of it has come, and the request has
    gone."""
    attempt.replied(x, upstream.target, head.status, now)
    x.client.plane.stats.upstream_errors[upstream.target.service, f"status_{head.status}"] += 1
    x.upstream = None
    whole = len(rest) == (0 if x.head.method == b"HEAD" else head.length)
    upstream.reusable = head.reusable and x.body_done and whole
    upstream.release(now)


def _is_repeatable(x: Exchange) -> bool:
    return is_safe(x.head.method, sent=True, answered=x.answered, replayable=x.body_done and not x.streamed)


def _others(x: Exchange, tries: Tries, now: float, besides: object = None) -> bool:
    """Whether there is an instance fit for work that has not failed this exchange."""
    return any(one is not besides and one not in tries.failed and is_awake(one, now) for one in x.service.targets)


def _plan(x: Exchange, tries: Tries, now: float, at_once: bool, not_before: float) -> float | None:
    """How long to wait for another attempt, which is taken from the budget; None if there is none, or nobody to ask."""
    made = x.attempts - tries.before
    wait = next_try(tries.rule(x), made, now, tries.deadline, random(), at_once=at_once, not_before=not_before)
    if wait is None or not any(is_awake(target, now) for target in x.service.targets):
        return None
    return wait if x.service.budget.withdraw(now) else None


def _go(x: Exchange, tries: Tries, wait: float) -> None:
    if x.target is not None:
        tries.failed.append(x.target)
        failure.leave(x, x.target)
    x.client.plane.stats.retries += 1
    tries.turn += 1
    if wait <= 0.0:
        dispatch.start(x)
    else:
        tries.wait(x, wait, dispatch.start)


def _retry_after(head: ReplyHead) -> float:
    """The Retry-After of a reply in seconds, 0 without one (a date is not looked at)."""
    for line in head.fields:
        if line[:12].lower() == b"retry-after:":
            value = line[12:].strip()
            return float(value) if value.isdigit() and len(value) < 10 else 0.0
    return 0.0
