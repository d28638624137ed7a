"""A traffic section as rules."""

from __future__ import annotations

from arena.config import resilience
from arena.config.concurrency import concurrency
from arena.config.document.traffic import BreakerSection, TrafficSection
from arena.model.resilience import Retries
from arena.model.traffic import BreakerRule, Traffic


def traffic(section: TrafficSection) -> Traffic:
    """The rules that a service's section states, with the defaults for the rest."""
    return Traffic(
        breaker=None if section.breaker.disable else _breaker(section.breaker),
        balance=section.balance,
        concurrency=concurrency(section.concurrency),
        max_connections=section.max_connections,
        hash_by=section.hash_by or "principal",
        slow_start=section.slow_start,
        panic_threshold=section.panic_threshold,
        retries=resilience.retries(section.retries, Retries()),
        retry_budget=section.retries.budget,
    )


def _breaker(section: BreakerSection) -> BreakerRule:
    return BreakerRule(
        failures=section.failures,
        error_rate=section.error_rate,
        slow_after=section.slow_after,
        slow_rate=section.slow_rate,
        window=section.window,
        min_requests=section.min_requests,
        open_for=section.open_for,
        max_open_for=section.max_open_for,
        trials=section.trials,
        statuses=tuple(dict.fromkeys(section.statuses)),
    )
