"""A service's rule of balance as a function. The default, least in flight, is None: it is called without a detour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import random, randrange
from typing import TYPE_CHECKING

from arena.gateway.filters.limit_key import key_of
from arena.model.traffic import Traffic
from arena.policy.latency import choose_fastest, cost
from arena.policy.rendezvous import choose_for, choose_for_by_weight
from arena.policy.rotation import Rotation
from arena.policy.weight import choose_by_weight, take_turns

if TYPE_CHECKING:
    from arena.gateway.exchange import Exchange
    from arena.gateway.target import Target

Pick = Callable[["Exchange", "Sequence[Target]", float], "Target | None"]


def picker(traffic: Traffic) -> Pick | None:
    """How to choose among the targets of a service that all weigh the same. Raises ValueError for a `hash_by` that does not
    exist."""
    if traffic.balance == "round_robin":
        rotation = Rotation(randrange(1 << 16))
        return lambda _x, targets, now: rotation.choose(targets, now)
    if traffic.balance == "peak_ewma":
        return lambda _x, targets, now: choose_fastest(targets, now, random)
    if traffic.balance == "consistent_hash":
        find = key_of(traffic.hash_by)
        return lambda x, targets, now: choose_for(find(x), targets, now)
    return None


def weighted_picker(traffic: Traffic) -> Pick:
    """How to choose among targets of different weights. Raises ValueError as `picker` does."""
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
