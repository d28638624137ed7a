"""One endpoint and what the gateway knows of it. It survives a swap, keyed by service, instance and address."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from math import inf
from sys import maxsize
from typing import TYPE_CHECKING

from arena.health.trust import Trust, trust
from arena.model.address import Address
from arena.model.snapshot import Endpoint, EndpointHealth, weight
from arena.model.traffic import BreakerRule, Traffic
from arena.policy.breaker import Breaker
from arena.policy.latency import PeakEwma
from arena.telemetry.accesslog import quote

if TYPE_CHECKING:
    from arena.gateway.connection.upstream import UpstreamConnection
    from arena.gateway.exchange import Exchange

TargetKey = tuple[str, str, Address]
_DEFAULTS = Traffic()
COUNTING = BreakerRule(failures=maxsize, error_rate=2.0)
"""Of a breaker that never opens: it only counts, for a comparison with others."""


class Target:
    """`idle` are its keep-alive connections, the most recently used last. `in_flight` counts requests under way.
    `log_name` is the instance as a JSON string. `resting_until`: it refused a connection and is left alone until then
    (monotonic seconds). `introduce` tells the service who asks, None: it is not told. `retired`: it left the snapshot;
    what is under way ends, nothing is pooled.

    `full_weight` is what it registered with, `weight` as much of it as it has now; `since` is when it came into traffic.
    `tripped_until`: a person took it out of traffic (Unix seconds, infinite for no end, 0: nobody did); `ejected`: it did
    much worse than its peers."""

    __slots__ = (
        "address", "breaker", "credit", "ejected", "full_weight", "health", "host_line", "idle", "in_flight", "instance",
        "introduce", "latency", "log_name", "prefix", "resting_until", "retired", "service", "since", "tls",
        "tripped_until", "weight",
    )  # fmt: skip

    def __init__(self, endpoint: Endpoint, traffic: Traffic = _DEFAULTS) -> None:
        self.service = endpoint.service
        self.instance = endpoint.instance
        self.log_name = quote(endpoint.instance)
        self.address = endpoint.address
        self.health: EndpointHealth = endpoint.health
        self.prefix = endpoint.address.path.encode()
        self.host_line = b" HTTP/1.1\r\nhost: " + endpoint.address.authority.encode() + b"\r\n"
        self.tls: Trust | None = None
        self.idle: deque[UpstreamConnection] = deque()
        self.in_flight = 0
        self.resting_until = 0.0
        self.retired = False
        self.weight = self.full_weight = 1.0
        self.credit = 0.0
        self.since = -inf
        self.tripped_until = 0.0
        self.ejected = False
        self.breaker: Breaker | None = None
        self.latency: PeakEwma | None = None
        self.introduce: Callable[[Exchange], bytes] | None = None
        self.follow(endpoint, traffic)

    def follow(self, endpoint: Endpoint, traffic: Traffic) -> None:
        """Take over what a swap brings. The breaker stays as it is, unless its rule is another one, or the registry says
        that the instance has recovered."""
        recovered = endpoint.health == "passing" and self.health == "failing"
        self.health = endpoint.health
        self.full_weight = _weight(endpoint.metadata)
        self.latency = (self.latency or PeakEwma()) if traffic.balance == "peak_ewma" else None
        self.tls = trust(traffic.tls) if endpoint.address.scheme == "https" else None
        rule = traffic.breaker or (COUNTING if traffic.outlier is not None else None)
        if rule is None:
            self.breaker = None
        elif self.breaker is None or self.breaker.rule != rule:
            self.breaker = Breaker(rule)
        elif recovered:
            self.breaker.reset()

    def retire(self) -> None:
        """Close what is idle and keep nothing from now on."""
        self.retired = True
        while self.idle:
            self.idle.pop().close()


def _weight(metadata: Mapping[str, object]) -> float:
    """The weight that an instance registered with; 1 for none, and for what the registry would have refused."""
    try:
        return weight(metadata.get("weight", 1.0))
    except ValueError:
        return 1.0


def key_of(endpoint: Endpoint) -> TargetKey:
    """What makes two endpoints of two snapshots the same one."""
    return endpoint.service, endpoint.instance, endpoint.address
