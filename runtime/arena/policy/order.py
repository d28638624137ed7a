"""Which endpoints a person keeps out of traffic.

The orders are a list, the newest last. An order takes the place of all that it covers: `reset web` ends `trip web/web-1`, and
`trip web` for a minute ends a `trip web` without end. Of those left the newest that covers an endpoint decides: `trip web` and
then `reset web/web-2` leaves web-2 in traffic. A trip whose time is over counts no more, and what was ordered before does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena.model.breaker import BreakerOrder, BreakerPlace

_KEEP_RESET_SECONDS = 60.0  # for workers that look a few times a second


def in_force(orders: Sequence[BreakerOrder], place: BreakerPlace, now: float) -> BreakerOrder | None:
    """The trip that keeps this place out at `now` (Unix seconds), None when it may be asked."""
    for order in reversed(orders):
        if order.place.covers(place) and not _is_over(order, now):
            return order if order.verb == "trip" else None
    return None


def added(orders: Iterable[BreakerOrder], new: BreakerOrder, now: float) -> list[BreakerOrder]:
    """The list with `new` behind it, without what can decide nothing any more."""
    kept: list[BreakerOrder] = []
    for order in orders:
        if _is_over(order, now) or new.place.covers(order.place):
            continue
        # An old reset matters only as an exception from an older trip of the whole service.
        excepted = any(trip.verb == "trip" and trip.place.covers(order.place) for trip in kept)
        if order.verb == "trip" or excepted or now - order.at < _KEEP_RESET_SECONDS:
            kept.append(order)
    return [*kept, new]


def _is_over(order: BreakerOrder, now: float) -> bool:
    return order.until is not None and order.until <= now
