"""The endpoints of one service: who of them is in traffic now, and with what weight.

Decided at each swap and, where something moves between two swaps (a weight that grows, somebody who is ejected or taken out
and comes back), a few times a second. Requests only ever see the outcome: `Service.targets` and `Service.pick`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from arena.gateway.table.pick import Pick, picker, weighted_picker
from arena.gateway.table.route import Service
from arena.model.breaker import BreakerOrder, BreakerPlace
from arena.model.traffic import OutlierRule, Traffic
from arena.policy.membership import members
from arena.policy.outlier import Outliers
from arena.policy.retry import RetryBudget
from arena.policy.weight import ramp

if TYPE_CHECKING:
    from arena.gateway.table.target import Target


class Roster:
    """`endpoints` are all of the service's, `service` what the present table holds of it. `panicking`: so few are live that
    health is ignored. `outliers` compares them with each other, None: nobody does. Times are monotonic seconds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.endpoints: tuple[Target, ...] = ()
        self.panicking = False
        self.outliers: Outliers[Target] | None = None
        self._budget = RetryBudget()
        self._traffic: Traffic | None = None
        self._plain: Pick | None = None
        self._weighted: Pick
        self.service = Service(name, (), self._budget)

    def serve(self, endpoints: Iterable[Target], traffic: Traffic, now: float, *, warm: bool) -> Service:
        """The service for a new table. How to pick stays the same unless the rules changed: it may know whose turn it is.
        `warm`: who is new here has worked before. Raises ValueError as `picker` does."""
        if traffic != self._traffic:
            self._plain, self._weighted = picker(traffic), weighted_picker(traffic)
            self._traffic = traffic
            self._compare_by(traffic.outlier)
        if traffic.retry_budget != self._budget.ratio:
            self._budget = RetryBudget(traffic.retry_budget)
        known = self.service.targets
        self.endpoints = tuple(endpoints)
        self.service = Service(self.name, known, self._budget, retries=traffic.retries)
        self._settle(traffic, now, self.endpoints if warm else known)
        return self.service

    def _compare_by(self, rule: OutlierRule | None) -> None:
        """Begin anew when the rule is another one."""
        if rule == (self.outliers and self.outliers.rule):
            return
        self.outliers = None if rule is None else Outliers(rule)
        for one in self.endpoints:
            one.ejected = False

    def tend(self, now: float) -> None:
        """Let time pass."""
        traffic, targets = self._traffic, self.service.targets
        if traffic is None:
            return
        if self.outliers is not None and self._compare(self.outliers, now):
            self._settle(traffic, now, targets)
        elif traffic.slow_start and any(one.weight != one.full_weight for one in targets):
            self._weigh(traffic, now)

    def reset(self, order: BreakerOrder) -> None:
        """Close the breakers of those that `order` covers, and forgive what they are ejected for."""
        for one in self.endpoints:
            if order.place.covers(BreakerPlace(one.service, one.instance)):
                one.ejected = False
                if one.breaker is not None:
                    one.breaker.reset()
                if self.outliers is not None:
                    self.outliers.pardon(one)

    def reconsider(self, now: float) -> None:
        """Something was ordered about the endpoints."""
        if self._traffic is not None:
            self._settle(self._traffic, now, self.service.targets)

    def _compare(self, outliers: Outliers[Target], now: float) -> bool:
        """True when somebody was ejected or came back."""
        found = [(one, one.breaker) for one in self.endpoints if one.breaker is not None]
        counts = {one: (breaker.requests, breaker.failed) for one, breaker in found}
        out = {one for one, breaker in found if not breaker.closed}
        out |= {one for one in self.endpoints if one.health == "failing" or one.tripped_until or not one.full_weight}
        if not outliers.look(counts, out, now):
            return False
        for one in self.endpoints:
            one.ejected = outliers.left(one, now) > 0
        return True

    def _settle(self, traffic: Traffic, now: float, known: tuple[Target, ...]) -> None:
        """Decide who is in traffic. Whoever is, and is not among the `known`, begins slowly."""
        chosen, self.panicking = members(self.endpoints, traffic.panic_threshold)
        if not self.panicking:
            for one in set(chosen).difference(known):
                one.since = now
        self.service.targets = tuple(chosen)
        self.service.tripped = bool(self.endpoints) and all(one.tripped_until for one in self.endpoints)
        self._weigh(traffic, now)

    def _weigh(self, traffic: Traffic, now: float) -> None:
        targets = self.service.targets
        for one in targets:
            one.weight = one.full_weight * ramp(now - one.since, traffic.slow_start)
        even = all(one.weight == targets[0].weight for one in targets)
        self.service.pick = self._plain if even else self._weighted
