"""A traffic section as rules."""

from __future__ import annotations

from arena.config import resilience
from arena.config.concurrency import concurrency
from arena.config.document.traffic import BreakerSection, OutlierSection, TrafficSection
from arena.model.resilience import Retries
from arena.model.traffic import BreakerRule, OutlierRule, Traffic


def traffic(section: TrafficSection) -> Traffic:
    """The rules that a service's section states, with the defaults for the rest."""
    return Traffic(
        breaker=breaker(section.breaker),
        balance=section.balance,
        concurrency=concurrency(section.concurrency),
        max_connections=section.max_connections,
        hash_by=section.hash_by or "principal",
        slow_start=section.slow_start,
        panic_threshold=section.panic_threshold,
        outlier=None if section.outlier is None else _outlier(section.outlier),
        retries=resilience.retries(section.retries, Retries()),
        retry_budget=section.retries.budget,
    )


def breaker(section: BreakerSection | None) -> BreakerRule | None:
    """The rule that a section states; None without one, and when it is disabled."""
    if section is None or section.disable:
        return None
    return BreakerRule(
        failures=section.failures,
        error_rate=section.error_rate,
        slow_after=section.slow_after,
        slow_rate=section.slow_rate,
        window=section.window,
        min_requests=section.min_requests,
        open_for=section.open_for,
        max_open_for=max(section.max_open_for, section.open_for),
        trials=section.trials,
        statuses=tuple(dict.fromkeys(section.statuses)),
    )


def _outlier(section: OutlierSection) -> OutlierRule:
    return OutlierRule(
        interval=section.interval,
        success_rate_factor=section.success_rate_factor,
        min_hosts=section.min_hosts,
        min_requests=section.min_requests,
        base_ejection_time=section.base_ejection_time,
        max_ejection_time=max(section.max_ejection_time, section.base_ejection_time),
        max_ejected=section.max_ejected,
    )
