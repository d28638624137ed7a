"""Which endpoints do so much worse than their peers that they are left alone for a while.

Theory. Every `interval`, each endpoint that had at least `min_requests` requests in it has a rate of success. If at least
`min_hosts` have one, whoever lies below

    mean - success_rate_factor x standard deviation

is ejected, the worst first. Of n endpoints a single one can be at most sqrt(n - 1) deviations away from the mean (Samuelson's
inequality): with a factor of 1.9 it takes 5 to eject 1, so with fewer than factor^2 + 1 of them nobody ever is. Where all are
nearly equal the deviation is nearly nothing, and a single failed request would be enough; so the rate must also lie
LEAST_GAP below the mean.

Whoever is ejected comes back after `base_ejection_time`, times how often it was ejected of late (each interval that it gets
through takes one off), `max_ejection_time` at most. Of all endpoints, `max_ejected` may be out at a time, rounded down, but
at least one, and never the last; those that are out for other reasons (failing, taken out, an open breaker) count, because
the rest have to bear their load too. The cap holds back ejections, not breakers: an endpoint whose breaker is open answers
nobody, and to send it requests would help no other.

Source: Envoy's outlier detection (success rate).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from math import sqrt
from typing import Generic, TypeVar

from arena.model.traffic import OutlierRule

LEAST_GAP = 0.05

K = TypeVar("K", bound=Hashable)


class _Record:
    """`requests` and `failed` as they were at the last look; ejected until `until` (0: not), for the `times`-th time."""

    __slots__ = ("failed", "requests", "times", "until")

    def __init__(self) -> None:
        self.requests = self.failed = self.times = 0
        self.until = 0.0


class Outliers(Generic[K]):
    """The ejections among one service's endpoints. `count` is how many there were. Times are monotonic seconds."""

    def __init__(self, rule: OutlierRule) -> None:
        self.rule = rule
        self.count = 0
        self._records: dict[K, _Record] = {}
        self._next: float | None = None

    def left(self, endpoint: K, now: float) -> float:
        """Seconds until an ejected endpoint comes back; 0 for any other."""
        record = self._records.get(endpoint)
        return max(0.0, record.until - now) if record is not None else 0.0

    def pardon(self, endpoint: K) -> None:
        """It comes back at once, and what it did is forgotten."""
        record = self._records.get(endpoint)
        if record is not None:
            record.until, record.times = 0.0, 0

    def look(self, counts: Mapping[K, tuple[int, int]], out: Collection[K], now: float) -> bool:
        """Bring back whose time is over and, once an interval, eject. `counts` are every endpoint's requests and failures so
        far, `out` those that are out for other reasons. True when somebody came back or went."""
        known = self._records
        self._records = {endpoint: known.get(endpoint) or _Record() for endpoint in counts}
        back = self._bring_back(now)
        if self._next is not None and now < self._next:
            return bool(back)
        first, self._next = self._next is None, now + self.rule.interval
        rates = self._rates(counts, back | set(out))
        return self._eject({} if first else rates, out, now) or bool(back)

    def _bring_back(self, now: float) -> set[K]:
        over = {endpoint for endpoint, record in self._records.items() if 0 < record.until <= now}
        for endpoint in over:
            self._records[endpoint].until = 0.0
        return over

    def _rates(self, counts: Mapping[K, tuple[int, int]], out: Collection[K]) -> dict[K, float]:
        """The share of successes since the last interval, of those that were in traffic and had enough requests."""
        rates = {}
        for endpoint, (requests, failed) in counts.items():
            record = self._records[endpoint]
            seen, bad = requests - record.requests, failed - record.failed
            record.requests, record.failed = requests, failed
            if seen >= self.rule.min_requests and not record.until and endpoint not in out:
                rates[endpoint] = 1.0 - bad / seen
        return rates

    def _eject(self, rates: Mapping[K, float], out: Collection[K], now: float) -> bool:
        everybody, rule = len(self._records), self.rule
        gone = {endpoint for endpoint, record in self._records.items() if record.until} | set(out)
        room = min(max(1, int(rule.max_ejected * everybody)), everybody - 1) - len(gone)
        condemned = sorted(_outliers(rates, rule), key=lambda endpoint: rates[endpoint])[: max(0, room)]
        for endpoint, record in self._records.items():
            if endpoint in condemned:
                record.times += 1
                record.until = now + min(rule.base_ejection_time * record.times, rule.max_ejection_time)
                self.count += 1
            elif not record.until:
                record.times = max(0, record.times - 1)
        return bool(condemned)


def _outliers(rates: Mapping[K, float], rule: OutlierRule) -> list[K]:
    if not rates or len(rates) < rule.min_hosts:
        return []
    mean = sum(rates.values()) / len(rates)
    deviation = sqrt(sum((rate - mean) ** 2 for rate in rates.values()) / len(rates))
    bound = mean - max(rule.success_rate_factor * deviation, LEAST_GAP)
    return [endpoint for endpoint, rate in rates.items() if rate < bound]
