"""Which endpoints of a service are in traffic at all.

Theory. An endpoint can be out for five reasons, and they do not weigh the same:

    reason                               who says so                          in a panic
    ----------------------------------   ----------------------------------   -----------
    taken out (`arena breaker trip`)     a person                             stays out
    weight 0                             whoever registered it                stays out
    its breaker is open                  its own requests, which failed       stays out
    failing                              a health check, from outside         is used
    ejected                              a comparison with its peers          is used

A check and a comparison are hearsay: when nearly everybody is out by hearsay, it is likelier that the check is at fault (or
what all of them depend on) than that all are dead, and the few left over would drown in the traffic of the many. So when
fewer than `panic_threshold` of the endpoints are live, all are used that no person took out. This costs little: those that
are dead indeed fail their first requests, most of which can be tried again elsewhere, and their breakers, which panic never
overrules, keep them out from then on. By default there is no panic, as in Istio: of two or three instances, the only ones
that pass their checks are mostly the only ones that work.

Endpoints that were never checked are used while none passes, and count as live. One that was ejected is better than none:
there is nobody left to compare it with. Source: Envoy's panic threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from arena.model.snapshot import EndpointHealth


class Member(Protocol):
    """What an endpoint tells: its health, until when a person took it out (0: nobody did), whether it was ejected, and its
    weight in full."""

    health: EndpointHealth
    tripped_until: float
    ejected: bool
    full_weight: float


M = TypeVar("M", bound=Member)


def members(endpoints: Sequence[M], panic_threshold: float) -> tuple[list[M], bool]:
    """Those in traffic, and whether that is for panic. `panic_threshold` is a share of the endpoints; 0: never."""
    usable = [one for one in endpoints if not one.tripped_until and one.full_weight > 0]
    checked = [one for one in usable if one.health != "failing"]
    live = [one for one in checked if not one.ejected]
    if len(live) < panic_threshold * len(usable):
        return usable, True
    live = live or checked
    return [one for one in live if one.health == "passing"] or live, False
