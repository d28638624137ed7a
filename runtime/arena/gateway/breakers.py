"""What the gateway tells of its breakers: the rows of GET /breakers, and their metrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from arena.telemetry import metrics

if TYPE_CHECKING:
    from arena.gateway.stats import Stats
    from arena.gateway.target import Target

_LEVELS = {"closed": 0, "half_open": 1, "open": 2}


def rows(targets: Iterable[Target], now: float) -> list[dict[str, object]]:
    """One row for each endpoint that has a breaker. `now` is monotonic seconds."""
    return [
        {
            "service": target.service,
            "instance": target.instance,
            "url": target.address.url,
            "state": breaker.state(now),
            "opened": breaker.opened,
            "wait_seconds": round(breaker.wait(now), 3),
        }
        for target in sorted(targets, key=lambda one: (one.service, one.instance))
        if (breaker := target.breaker) is not None
    ]


def write(page: metrics.Page, targets: Iterable[Target], stats: Stats, now: float) -> None:
    """Their state and history on the metrics page."""
    found = [(target, target.breaker) for target in targets if target.breaker is not None]
    page.gauge(
        "arena_gateway_breaker_state",
        "0 closed, 1 half-open, 2 open.",
        [(_labels(target), _LEVELS[breaker.state(now)]) for target, breaker in found],
    )
    page.counter(
        "arena_gateway_breaker_opened_total",
        "How often a breaker opened.",
        [(_labels(target), breaker.opened) for target, breaker in found],
    )
    page.counter(
        "arena_gateway_breaker_refused_total",
        "Requests refused because the breakers of every instance were open.",
        [({"service": service}, count) for service, count in stats.breaker_refused.items()],
    )


def _labels(target: Target) -> dict[str, str]:
    return {"service": target.service, "instance": target.instance}
