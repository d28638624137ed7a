"""Every concurrency limit of one spec, kept over swaps, and where it stands in a route's chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange
from arena.gateway.table.gate import Gate, Place
from arena.model.concurrency import ConcurrencyLimit
from arena.model.gateway import GatewaySpec
from arena.model.route import Route
from arena.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from arena.gateway.table.route import Filter, Service, Verdict

_Key = tuple[Place, str, str]


class Gates:
    """The gates of the spec in use, by place, name and what they count by."""

    def __init__(self) -> None:
        self._gates: dict[_Key, Gate] = {}
        self._at: dict[tuple[Place, str], tuple[Gate, ...]] = {}

    def use(self, spec: GatewaySpec) -> None:
        """Take over this worker's part of the limits of `spec`; one that counts the same thing goes on with its count. Raises
        ValueError, and changes nothing, for a limit that cannot be."""
        workers = spec.settings.workers
        limits = {(place, name, limit.by): limit.part(workers) for place, name, limit in _limits(spec)}
        made = {key: Gate(key[0], key[1], limit) for key, limit in limits.items() if key not in self._gates}
        kept = {key: gate for key, gate in self._gates.items() if key in limits}
        for key, gate in kept.items():
            gate.follow(limits[key])
        self._gates = kept | made
        self._at = {}
        for gate in self._gates.values():
            where = gate.place, gate.name
            self._at[where] = (*self._at.get(where, ()), gate)

    def all(self) -> Sequence[Gate]:
        """Every gate."""
        return tuple(self._gates.values())

    def at(self, place: Place, name: str = "") -> tuple[Gate, ...]:
        """The gates of a service, of a route, or of the gateway."""
        return self._at.get((place, name), ())

    def before(self) -> tuple[Filter, ...]:
        """The filters for everything that comes in: the gateway's own gates."""
        return tuple(gate.check for gate in self.at("gateway"))

    def onward(self, route: Route, services: Sequence[Service]) -> tuple[Filter, ...]:
        """The filters for what goes on to one of `services`: the gates of the route, and of whichever service is asked."""
        own = tuple(gate.check for gate in self.at("route", route.name))
        if len(services) == 1:
            return (*own, *(gate.check for gate in services[0].gates))
        return (*own, *map(_of_the_asked, range(max(len(service.gates) for service in services))))


def _of_the_asked(number: int) -> Filter:
    """The gate of this number of the service that was chosen, if it has so many."""

    def check(x: Exchange) -> Verdict | Awaitable[Verdict]:
        gates = x.service.gates
        return gates[number].check(x) if number < len(gates) else None

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
        "Found no place: requests, queued or refused if the limit is enforced, else let pass; and hedges, copies and "
        "revalidations, not sent then.",
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
