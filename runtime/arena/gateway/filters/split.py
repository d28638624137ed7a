"""Versions of a service: which one a request is for.

The choice is made once, before the request is sent: retries stay with it. A version without a live instance is passed over,
and its callers come back to it when it has one; where none has one, the chosen one is named in the refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange
from arena.gateway.filters.limit_key import key_of
from arena.model.split import Split
from arena.policy.split import Draw

if TYPE_CHECKING:
    from arena.gateway.stats import RouteStats
    from arena.gateway.table.route import Filter, Service


def check_split(split: Split) -> None:
    """Raises ValueError for one that cannot be compiled."""
    Draw("", {part.service: part.weight for part in split.parts})
    key_of(split.by)


def compile_split(
    route: str, split: Split, services: Mapping[str, Service], stats_of: Callable[[str], RouteStats]
) -> Filter:
    """A filter that has one of `services` asked. `stats_of(service)` are the counters of the route for each."""
    live = {part.service: part.weight for part in split.parts if services[part.service].targets}
    weights = live if any(live.values()) else {part.service: part.weight for part in split.parts}
    draw, find = Draw(route, weights), key_of(split.by)
    stats = {name: stats_of(name) for name in weights}

    def choose(x: Exchange) -> None:
        name = draw.choose(find(x))
        x.service = services[name]
        x.match = x.match.of(name, stats[name])

    return choose
