"""What the gateway tells of the endpoints and their breakers: the rows of GET /breakers, and their metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf
from typing import TYPE_CHECKING

from arena.gateway.table.target import COUNTING
from arena.telemetry import metrics

if TYPE_CHECKING:
    from arena.gateway.filters.breaker import RouteBreaker
    from arena.gateway.stats import Stats
    from arena.gateway.table.roster import Roster
    from arena.gateway.table.target import Target
    from arena.policy.breaker import Breaker

_LEVELS = {"closed": 0, "half_open": 1, "open": 2}


def rows(rosters: Iterable[Roster], now: float) -> list[dict[str, object]]:
    """One row for each endpoint. `now` is monotonic seconds."""
    return [
        {
            "service": target.service,
            "instance": target.instance,
            "url": target.address.url,
            "state": _state(target, now),
            "opened": 0 if target.breaker is None else target.breaker.opened,
            "wait_seconds": 0.0 if target.breaker is None else round(target.breaker.wait(now), 3),
            "ejected_seconds": 0.0 if roster.outliers is None else round(roster.outliers.left(target, now), 3),
            "tripped_until": target.tripped_until if 0 < target.tripped_until < inf else None,
            "health": target.health,
            "in_traffic": target in roster.service.targets,
            "in_flight": target.in_flight,
            "weight": round(target.weight, 3),
            "full_weight": target.full_weight,
        }
        for roster, target in _all(rosters)
    ]


def route_rows(guards: Iterable[RouteBreaker], now: float) -> list[dict[str, object]]:
    """One row for each route that has a breaker."""
    return [
        {
            "route": guard.route,
            "service": guard.service,
            "state": "tripped" if guard.tripped_until else guard.breaker.state(now),
            "opened": guard.breaker.opened,
            "wait_seconds": round(guard.breaker.wait(now), 3),
            "tripped_until": guard.tripped_until if 0 < guard.tripped_until < inf else None,
        }
        for guard in sorted(guards, key=lambda one: one.route)
    ]


def write_routes(page: metrics.Page, guards: Iterable[RouteBreaker], now: float) -> None:
    """The breakers of routes on the metrics page."""
    everybody = sorted(guards, key=lambda one: one.route)
    page.gauge(
        "arena_gateway_route_breaker_state",
        "0 closed, 1 half-open, 2 open or tripped.",
        [({"route": one.route}, 2 if one.tripped_until else _LEVELS[one.breaker.state(now)]) for one in everybody],
    )
    page.counter(
        "arena_gateway_route_breaker_opened_total",
        "How often the breaker of a route opened.",
        [({"route": one.route}, one.breaker.opened) for one in everybody],
    )
    page.counter(
        "arena_gateway_route_breaker_refused_total",
        "Requests that the breaker of their route kept from the service.",
        [({"route": one.route}, one.refused) for one in everybody],
    )


def _state(target: Target, now: float) -> str:
    if target.tripped_until:
        return "tripped"
    if target.ejected:
        return "ejected"
    breaker = _breaker(target)
    return "disabled" if breaker is None else breaker.state(now)


def _breaker(target: Target) -> Breaker | None:
    """Its breaker; None too for one that only counts."""
    breaker = target.breaker
    return None if breaker is None or breaker.rule is COUNTING else breaker


def panicking(rosters: Iterable[Roster]) -> list[str]:
    """The services whose health is ignored because too few of their instances are live."""
    return sorted(roster.name for roster in rosters if roster.panicking)


def write(page: metrics.Page, rosters: Iterable[Roster], stats: Stats, now: float) -> None:
    """Their state and history on the metrics page."""
    everybody = list(_all(rosters))
    found = [(target, breaker) for _, target in everybody if (breaker := _breaker(target)) is not None]
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
    page.gauge(
        "arena_gateway_endpoint_weight",
        "What an endpoint gets beside the others of its service, 0 when it is out of traffic.",
        [(_labels(one), one.weight if one in roster.service.targets else 0) for roster, one in everybody],
    )
    page.gauge(
        "arena_gateway_breaker_tripped",
        "1 while a person keeps an endpoint out of traffic.",
        [(_labels(one), int(bool(one.tripped_until))) for _, one in everybody],
    )
    compared = [(roster, roster.outliers) for roster in rosters if roster.outliers is not None]
    page.gauge(
        "arena_gateway_outlier_ejected",
        "1 while an endpoint is left alone because it did much worse than its peers.",
        [(_labels(one), int(one.ejected)) for roster, _ in compared for one in roster.endpoints],
    )
    page.counter(
        "arena_gateway_outlier_ejections_total",
        "How often an endpoint of the service was ejected.",
        [({"service": roster.name}, outliers.count) for roster, outliers in compared],
    )
    page.gauge(
        "arena_gateway_panic",
        "1 while health is ignored because too few instances are live.",
        [({"service": roster.name}, int(roster.panicking)) for roster in rosters if roster.endpoints],
    )


def _all(rosters: Iterable[Roster]) -> Iterator[tuple[Roster, Target]]:
    for roster in sorted(rosters, key=lambda one: one.name):
        for target in sorted(roster.endpoints, key=lambda one: one.instance):
            yield roster, target


def _labels(target: Target) -> dict[str, str]:
    return {"service": target.service, "instance": target.instance}
