"""A service's rule of balance as a function. The default, least in flight, is None: it is called without a detour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import random, randrange
from typing import TYPE_CHECKING

from arena.gateway.filters.limit_key import key_of
from arena.model.traffic import Traffic
from arena.policy.latency import choose_fastest
from arena.policy.rendezvous import choose_for
from arena.policy.rotation import Rotation

if TYPE_CHECKING:
    from arena.gateway.exchange import Exchange
    from arena.gateway.target import Target

Pick = Callable[["Exchange", "Sequence[Target]", float], "Target | None"]


def picker(traffic: Traffic) -> Pick | None:
    """How to choose among the targets of a service. Raises ValueError for a `hash_by` that does not exist."""
    if traffic.balance == "round_robin":
        rotation = Rotation(randrange(1 << 16))
        return lambda _x, targets, now: rotation.choose(targets, now)
    if traffic.balance == "peak_ewma":
        return lambda _x, targets, now: choose_fastest(targets, now, random)
    if traffic.balance == "consistent_hash":
        find = key_of(traffic.hash_by)
        return lambda x, targets, now: choose_for(find(x), targets, now)
    return None
