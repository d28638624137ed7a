"""How old a kept reply is, how long it is fresh, and what may be done with it.

    age       = max(now of arrival - Date, Age + time it took to come) + time it was kept        RFC 9111 section 4.2.3
    lifetime  = s-maxage (shared) | max-age | Expires - Date | the route's `ttl`                 section 4.2.1
    fresh       age < lifetime, and neither side says no-cache
    meanwhile   stale by less than `stale-while-revalidate`                                      RFC 5861 section 3
    on error    stale by less than `stale-if-error`                                              RFC 5861 section 4

No heuristics (section 4.2.2): where reply and route are silent the lifetime is 0. What the route says of a stale reply is for
replies that its `ttl` could be for and those that name a lifetime of their own: a "not found" or a redirect that says nothing
is of the moment. A clock that was set back leaves the age of
what came "in the future" unknown: such a reply is not fresh and must be asked for again.
"""

from __future__ import annotations

from typing import Literal

from arena.model.cache import CacheRule
from arena.policy.cache.asking import Asking
from arena.policy.cache.kept import Kept
from arena.policy.cache.reply import Facts

Use = Literal["fresh", "meanwhile", "stale"]
"""What may be done: give it; give it and ask anew behind it; ask first."""

SKEW = 5.0
"""Seconds by which the clocks of gateways that share a store may differ."""
VALIDATOR_SECONDS = 600.0
"""How long a stale reply is kept for its validator alone."""
_BY_TTL = frozenset((200, 203, 204, 300, 301, 308))


def lifetime(facts: Facts, rule: CacheRule, *, shared: bool) -> float:
    """Seconds for which the reply is fresh from its Date on."""
    said = facts.control
    seconds = said.number(b"s-maxage") if shared else None
    seconds = said.number(b"max-age") if seconds is None else seconds
    if seconds is not None:
        return float(seconds)
    if facts.expires is not None:
        return 0.0 if facts.date is None else max(0.0, facts.expires - facts.date)
    return rule.ttl if rule.ttl is not None and facts.status in _BY_TTL else 0.0


def age(kept: Kept, now: float) -> float | None:
    """Seconds since the service made the reply; None when the clock does not tell."""
    stayed = now - kept.came_at
    if stayed < -SKEW:
        return None
    facts = kept.facts
    apparent = max(0.0, kept.came_at - facts.date) if facts.date is not None else 0.0
    corrected = facts.age + max(0.0, kept.came_at - kept.asked_at)
    return max(apparent, corrected) + max(0.0, stayed)


def use(kept: Kept, asking: Asking, rule: CacheRule, now: float) -> Use:
    """What may be done with `kept` for this request."""
    old = age(kept, now)
    facts, shared, asked = kept.facts, kept.shared, asking.control
    if old is None or asked.has(b"no-cache") or asked.broken or facts.control.has(b"no-cache"):
        return "stale"
    most = asked.number(b"max-age")
    if most is not None and old > most:
        return "stale"
    left = lifetime(facts, rule, shared=shared) - old
    if left > (asked.number(b"min-fresh") or 0):
        return "fresh"
    grace = _grace(facts, b"stale-while-revalidate", rule.stale_while_revalidate, shared=shared)
    # Whoever says how fresh it must be wants nothing stale.
    return "stale" if left > 0 or most is not None or -left >= grace else "meanwhile"


def may_stand_in(kept: Kept, rule: CacheRule, now: float) -> bool:
    """Whether `kept` may be given because the service failed."""
    old = age(kept, now)
    if old is None:
        return False
    late = old - lifetime(kept.facts, rule, shared=kept.shared)
    return late < _grace(kept.facts, b"stale-if-error", rule.stale_if_error, shared=kept.shared)


def useful_for(facts: Facts, rule: CacheRule, *, shared: bool) -> float:
    """Seconds for which it may be of use to keep the reply: fresh, stale, or as something to ask about."""
    fresh = 0.0 if facts.control.has(b"no-cache") else lifetime(facts, rule, shared=shared)
    meanwhile = _grace(facts, b"stale-while-revalidate", rule.stale_while_revalidate, shared=shared)
    on_error = _grace(facts, b"stale-if-error", rule.stale_if_error, shared=shared)
    return fresh + max(meanwhile, on_error, VALIDATOR_SECONDS if facts.validated else 0.0)


def _grace(facts: Facts, name: bytes, default: float, *, shared: bool) -> float:
    """By how many seconds the reply may be stale for this purpose."""
    said = facts.control
    if said.has(b"must-revalidate") or said.has(b"no-cache") or (shared and said.has(b"proxy-revalidate")):
        return 0.0
    seconds = said.number(name)
    if seconds is not None:
        return float(seconds)
    if facts.status not in _BY_TTL and not _names_a_lifetime(facts):
        return 0.0
    # RFC 9111 section 5.2.2.10: s-maxage forbids it as must-revalidate does; what the reply itself allows stands beside it.
    return 0.0 if shared and said.has(b"s-maxage") else default


def _names_a_lifetime(facts: Facts) -> bool:
    said = facts.control
    return facts.expires is not None or said.has(b"max-age") or said.has(b"s-maxage")
