"""Every concurrency limit of one spec, kept over swaps, and where it stands in a route's chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange
from arena.gateway.table.gate import Gate, Place
from arena.model.concurrency import ConcurrencyLimit
from arena.model.gateway import GatewaySpec
from arena.model.route import Route
from arena.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from arena.gateway.table.routing import Filter, Verdict

_Key = tuple[Place, str, str]


class Gates:
    """The gates of the spec in use, by place, name and what they count by."""

    def __init__(self) -> None:
        self._gates: dict[_Key, Gate] = {}

    def use(self, spec: GatewaySpec) -> None:
        """Take over the limits of `spec`; one that counts the same thing goes on with its count. Raises ValueError, and changes
        nothing, for a limit that cannot be."""
        limits = {(place, name, limit.by): limit for place, name, limit in _limits(spec)}
        made = {key: Gate(key[0], key[1], limit) for key, limit in limits.items() if key not in self._gates}
        kept = {key: gate for key, gate in self._gates.items() if key in limits}
        for key, gate in kept.items():
            gate.follow(limits[key])
        self._gates = kept | made

    def all(self) -> Sequence[Gate]:
        """Every gate."""
        return tuple(self._gates.values())

    def before(self, route: Route) -> tuple[Filter, ...]:
        """The filters of a route's own gates, those of the whole gateway first."""
        return tuple(gate.check for gate in (*self._at("gateway", ""), *self._at("route", route.name)))

    def at(self, service: str) -> tuple[Gate, ...]:
        """The gates of a service."""
        return tuple(self._at("service", service))

    def inside(self, route: Route) -> tuple[Filter, ...]:
        """The filters of the gates of whichever service is asked."""
        gates = {name: self.at(name) for name in route.asked}
        if route.split is None:
            return tuple(gate.check for gate in gates[route.service])
        return tuple(_of_the_asked(gates, number) for number in range(max(map(len, gates.values()))))

    def _at(self, place: Place, name: str) -> Iterator[Gate]:
        return (gate for gate in self._gates.values() if (gate.place, gate.name) == (place, name))


def _of_the_asked(gates: Mapping[str, tuple[Gate, ...]], number: int) -> Filter:
    """The gate of this number of the service that was chosen, if it has so many."""
    checks = {name: each[number].check for name, each in gates.items() if len(each) > number}

    def check(x: Exchange) -> Verdict | Awaitable[Verdict]:
        one = checks.get(x.service.name)
        return None if one is None else one(x)

    return check


def _limits(spec: GatewaySpec) -> Iterator[tuple[Place, str, ConcurrencyLimit]]:
    for limit in spec.settings.concurrency:
        yield "gateway", "", limit
    for route in spec.routes:
        for limit in route.concurrency:
            yield "route", route.name, limit
    for name, traffic in spec.traffic.items():
        for limit in traffic.concurrency:
            yield "service", name, limit


def write(page: metrics.Page, gates: Sequence[Gate]) -> None:
    """What the gates say on the metrics page."""
    page.gauge(
        "arena_gateway_concurrency_limit",
        "Requests that may be under way at once.",
        [(_labels(gate), gate.places) for gate in gates],
    )
    page.gauge(
        "arena_gateway_concurrency_in_flight",
        "Requests under way behind a limit.",
        [(_labels(gate), gate.in_flight) for gate in gates],
    )
    page.gauge("arena_gateway_concurrency_waiting", "In the queue.", [(_labels(gate), gate.waiting) for gate in gates])
    page.gauge(
        "arena_gateway_concurrency_baseline_seconds",
        "How long the service takes without a queue, where the limit is adaptive.",
        [(_labels(gate), gate.baseline) for gate in gates if gate.baseline is not None],
    )
    page.counter(
        "arena_gateway_concurrency_over_total",
        "Requests that found no place: queued or refused if the limit is enforced, else let pass.",
        [(_labels(gate), gate.over) for gate in gates],
    )
    page.counter(
        "arena_gateway_concurrency_queued_total", "Of these, queued.", [(_labels(gate), gate.queued) for gate in gates]
    )
    page.counter(
        "arena_gateway_concurrency_queue_timeouts_total",
        "Of these, queued in vain.",
        [(_labels(gate), gate.timeouts) for gate in gates],
    )


def _labels(gate: Gate) -> dict[str, str]:
    enforced = "true" if gate.limit.enforce else "false"
    return {"place": gate.place, "name": gate.name, "by": gate.limit.by, "enforced": enforced}
