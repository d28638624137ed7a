"""A service's rule of balance as a function. The default, least in flight, is None: it is called without a detour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import random, randrange
from typing import TYPE_CHECKING

from arena.gateway.filters.limit_key import key_of
from arena.model.traffic import Traffic
from arena.policy.balance import choose
from arena.policy.latency import choose_fastest, cost
from arena.policy.rendezvous import choose_for, choose_for_by_weight
from arena.policy.rotation import Rotation
from arena.policy.weight import choose_by_weight, take_turns

if TYPE_CHECKING:
    from arena.gateway.exchange import Exchange
    from arena.gateway.table.target import Target

Pick = Callable[["Exchange", "Sequence[Target]", float], "Target | None"]


def picker(traffic: Traffic) -> Pick | None:
    """How to choose among the targets of a service that all weigh the same. Raises ValueError for a `hash_by` that does not
    exist."""
    most, pick = traffic.max_connections, _even(traffic)
    return pick if most is None else _within(most, pick or _less_busy)


def weighted_picker(traffic: Traffic) -> Pick:
    """How to choose among targets of different weights. Raises ValueError as `picker` does."""
    most, pick = traffic.max_connections, _weighted(traffic)
    return pick if most is None else _within(most, pick)


def _less_busy(_x: Exchange, targets: Sequence[Target], now: float) -> Target | None:
    return choose(targets, now, random)


def _within(most: int, pick: Pick) -> Pick:
    """`pick`, among those that have fewer than `most` connections in use."""

    def choose_with_room(x: Exchange, targets: Sequence[Target], now: float) -> Target | None:
        target = pick(x, [one for one in targets if one.in_flight < most], now)
        if target is not None and x.attempts and target.idle and target.in_flight + len(target.idle) >= most:
            target.idle.popleft().close()  # another attempt takes a fresh connection, which counts too
        return target

    return choose_with_room


def _even(traffic: Traffic) -> Pick | None:
    if traffic.balance == "round_robin":
        rotation = Rotation(randrange(1 << 16))
        return lambda _x, targets, now: rotation.choose(targets, now)
    if traffic.balance == "peak_ewma":
        return lambda _x, targets, now: choose_fastest(targets, now, random)
    if traffic.balance == "consistent_hash":
        find = key_of(traffic.hash_by)
        return lambda x, targets, now: choose_for(find(x), targets, now)
    return None


def _weighted(traffic: Traffic) -> Pick:
    if traffic.balance == "round_robin":
        return lambda _x, targets, now: take_turns(targets, now)
    if traffic.balance == "peak_ewma":
        return lambda _x, targets, now: choose_fastest(targets, now, random, _cost_for_weight)
    if traffic.balance == "consistent_hash":
        find = key_of(traffic.hash_by)
        return lambda x, targets, now: choose_for_by_weight(find(x), targets, now)
    return lambda _x, targets, now: choose_by_weight(targets, now, random)


def _cost_for_weight(one: Target, now: float) -> float:
    return cost(one, now) / one.weight
