"""How many tokens of a language model: booked before a request is let through, settled when its reply tells what it used.

All limits on tokens of a route are booked together, or none. The body is gathered for it; a compressed one is refused, because
what it asks for cannot be seen. The service is asked for no compression, so that the reply can be read on its way; it is passed
on piece by piece as ever. What was never sent to the
service, and what it answered with an error, used nothing. A reply that says nothing of its usage, or broke off, keeps what was
booked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.content.usage import Meter as Usage
from arena.gateway.content.usage import allowed, estimate
from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.filters.body import is_plain
from arena.gateway.filters.limit import Meter, conclude
from arena.gateway.flow.gather import whole_body
from arena.gateway.refusal import Refusal
from arena.policy.limit.admission import Answer
from arena.policy.limit.booking import Booking
from arena.policy.limit.fixed_window import FixedWindow
from arena.policy.limit.token_bucket import TokenBucket

if TYPE_CHECKING:
    from arena.gateway.table.route import Filter, Verdict

_NEVER = "{}; this request asks for up to {} tokens, so give it a lower max_tokens, or a shorter prompt"
_CODED = Refusal(  # RFC 9110 section 15.5.16 has it say what would be taken
    415,
    "unsupported-media-type",
    "this route counts tokens, which cannot be done in a compressed body; send it without a content coding",
    headers=(b"accept-encoding: identity",),
)

Settle = Callable[[int, float], None]
"""Told once what became of a booking: tokens used, and when (monotonic seconds)."""


def book(meters: Sequence[Meter]) -> Filter:
    """A filter that books tokens with all of `meters`, of which there is at least one, in the memory of this process."""
    limiters = [_bookable(meter) for meter in meters]

    def check(x: Exchange) -> Verdict | Awaitable[Verdict]:
        if not x.head.content_length:
            return None
        waiting = whole_body(x, x.body_limit)
        if waiting is None:
            return decide(x)
        return waiting if isinstance(waiting, Refusal) else wait(x, waiting)

    async def wait(x: Exchange, waiting: Awaitable[Verdict]) -> Verdict:
        verdict = await waiting
        return decide(x) if verdict is None and not x.over else verdict

    def decide(x: Exchange) -> Verdict:
        cost, now = cost_of(x, meters), monotonic()
        keys = [meter.key_of(x) for meter in meters]
        waits = [each.ask_for(key, cost, now) for each, key in zip(limiters, keys, strict=True)]
        refused = any(wait and meter.enforce for meter, wait in zip(meters, waits, strict=True))
        booked = [] if refused else [at for at, wait in enumerate(waits) if not wait]
        answers = [
            (0.0, *limiters[at].take_for(keys[at], cost, now)) if at in booked else (wait, 0, wait)
            for at, wait in enumerate(waits)
        ]
        refusal = tell(x, meters, answers, cost)
        if refusal is None and booked:
            booking = Booking(cost, now)

            def settle(used: int, then: float) -> None:
                for at in booked:
                    limiters[at].settle(keys[at], booking, used, then)

            watch(x, cost, settle)
        return refusal

    return for_plain_bodies(check, meters)


def for_plain_bodies(check: Filter, meters: Sequence[Meter]) -> Filter:
    """`check`, with a 415 before it for bodies that were compressed, where a limit of `meters` refuses anything."""
    if not any(meter.enforce for meter in meters):
        return check

    def look(x: Exchange) -> Verdict | Awaitable[Verdict]:
        return check(x) if not x.head.content_length or is_plain(x.fields) else _CODED

    return look


def cost_of(x: Exchange, meters: Sequence[Meter]) -> int:
    """What `x`, whose body is whole, may use at most."""
    return max(1, estimate(x.body) + allowed(x.body, max(meter.limit.default_max_tokens for meter in meters)))


def tell(x: Exchange, meters: Sequence[Meter], answers: Sequence[Answer], cost: int) -> Refusal | None:
    """What follows from the answers of `meters`; one that would wait for ever asks for too much at once."""
    for meter, (wait, _, _) in zip(meters, answers, strict=True):
        if wait == inf and meter.enforce:
            meter.stats.over += 1
            x.match.stats.limited += 1
            return Refusal(429, "rate-limited", _NEVER.format(meter.allowance(), cost))
    return conclude(x, meters, answers)


def watch(x: Exchange, cost: int, settle: Settle) -> None:
    """Have the booking of `x` settled at its end."""
    # Only what comes without a coding can be read on its way.
    plain = [line for line in x.fields if line[:16].lower() != b"accept-encoding:"]
    x.fields = (*plain, b"accept-encoding: identity")
    usage, prompt = Usage(), estimate(x.body)
    x.observe(usage)

    def end(x: Exchange, outcome: Outcome, now: float) -> None:
        if not x.sent_at or outcome == "refused":
            settle(0, now)
        elif outcome == "served":
            used = usage.used(prompt)
            if used is None:
                used = 0 if x.status >= 400 else cost
            settle(used, now)

    x.at_end(end)


def _bookable(meter: Meter) -> TokenBucket | FixedWindow:
    limiter = meter.limiter
    if not isinstance(limiter, TokenBucket | FixedWindow):
        raise ValueError(f"{meter.limit.algorithm} cannot count tokens")
    return limiter
