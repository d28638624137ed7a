"""How requests are spread over the instances of a service, and when one is left alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from arena.model.concurrency import ConcurrencyLimit, part
from arena.model.resilience import Retries
from arena.model.tls import UpstreamTls

Balance = Literal["least_in_flight", "round_robin", "peak_ewma", "consistent_hash"]


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """When an instance is asked no more. Times in seconds, rates as shares from 0 to 1.

    It opens after `failures` failures in a row; or when, of at least `min_requests` requests within `window`, the share
    `error_rate` failed or the share `slow_rate` took longer than `slow_after` to begin its reply (None: never slow). A
    failure is an attempt without a whole reply, or a reply whose status is one of `statuses`. It stays open for
    `open_for`, twice as long each time it opens again without having closed, `max_open_for` at most; then `trials`
    requests are let through, and it closes when all of them went well.
    """

    failures: int = 5
    error_rate: float = 0.5
    slow_after: float | None = None
    slow_rate: float = 0.8
    window: float = 10.0
    min_requests: int = 20
    open_for: float = 2.0
    max_open_for: float = 30.0
    trials: int = 3
    statuses: tuple[int, ...] = (502, 503, 504)


@dataclass(frozen=True, slots=True)
class OutlierRule:
    """When an instance that does much worse than its peers is left alone for a while; the theory is in `policy.outlier`.
    Times in seconds, `max_ejected` a share of the instances."""

    interval: float = 10.0
    success_rate_factor: float = 1.9
    min_hosts: int = 5
    min_requests: int = 100
    base_ejection_time: float = 30.0
    max_ejection_time: float = 300.0
    max_ejected: float = 0.1


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of one service. `slow_start`: seconds in which a new instance's share of the requests grows to the whole, 0 for at
    once. `panic_threshold`: the share of instances that must be live, or else health is ignored; 0 for never. `outlier`
    None: nobody is compared with its peers. `breaker` None: an instance that fails is asked like any other. `hash_by` is
    what a consistent hash is made of: "principal", "ip" or "header:<name>", the name in lower case. `retry_budget` is the
    share of its requests that retries may come to. `max_connections` are those to one instance, None for no limit.
    `tls` counts where it has an https:// URL."""

    breaker: BreakerRule | None = BreakerRule()
    balance: Balance = "least_in_flight"
    hash_by: str = "principal"
    slow_start: float = 0.0
    panic_threshold: float = 0.0
    outlier: OutlierRule | None = None
    retries: Retries = Retries()
    retry_budget: float = 0.2
    concurrency: tuple[ConcurrencyLimit, ...] = ()
    max_connections: int | None = None
    tls: UpstreamTls = UpstreamTls()

    def part(self, workers: int) -> Traffic:
        """The rules for each of so many gateway workers, which has its part of the connections to each instance."""
        if self.max_connections is None or workers == 1:
            return self
        return replace(self, max_connections=part(self.max_connections, workers))
