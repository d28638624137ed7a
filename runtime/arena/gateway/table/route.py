"""A route made ready, the service behind it, and what stands between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arena.gateway.refusal import Content, Refusal, Reply
from arena.gateway.stats import RouteStats
from arena.gateway.table.condition import Holds
from arena.gateway.table.cors import CorsRule
from arena.gateway.table.pick import Pick
from arena.gateway.table.target import Target
from arena.model.resilience import Retries
from arena.model.route import Route
from arena.policy.retry import RetryBudget
from arena.telemetry.accesslog import quote

if TYPE_CHECKING:
    from arena.gateway.exchange import Exchange
    from arena.gateway.filters.transform import ReplyEdit
    from arena.gateway.flow.fallback import Fallback
    from arena.gateway.flow.hedge import HedgeRule
    from arena.gateway.table.gate import Gate
    from arena.policy.rewrite import Rewriter

Verdict = Refusal | Reply | None
"""What a filter decides: an answer in place of the service's, or None to let pass."""
Filter = Callable[["Exchange"], Verdict | Awaitable[Verdict]]
Page = Callable[["Exchange"], Content | Refusal]


@dataclass(slots=True)
class Service:
    """The live targets of one service, how to choose among them (None: the default), its retry budget and its `gates`, which
    survive a swap. `tripped`: there are none because a person took them out of traffic."""

    name: str
    targets: tuple[Target, ...]
    budget: RetryBudget
    pick: Pick | None = None
    retries: Retries = Retries()
    tripped: bool = False
    gates: tuple[Gate, ...] = ()


@dataclass(slots=True)
class CompiledRoute:
    """A route made ready: its filters in order, its counters, its limits (bytes, seconds), and what it makes of a
    reply's head and of a request's path, and what it tells browsers. `careful`: its attempts are watched from the first on.
    `holds` is what else it asks of a request, `log_part` its part of an access-log line."""

    route: Route
    service: Service
    filters: tuple[Filter, ...]
    stats: RouteStats
    body_limit: int
    first_byte: float
    edit_reply: ReplyEdit | None = None
    rewrite: Rewriter | None = None
    cors: CorsRule | None = None
    retries: Retries | None = None
    fallback: Fallback | None = None
    hedge: HedgeRule | None = None
    careful: bool = False
    holds: Holds | None = None
    log_part: bytes = field(init=False)
    _methods: frozenset[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.log_part = b',"route":%b,"service":%b' % (quote(self.route.name), quote(self.route.service))
        methods = {name.encode("latin-1") for name in self.route.methods}
        # RFC 9110 section 9.3.2: HEAD is GET without its body.
        self._methods = frozenset(methods | {b"HEAD"}) if b"GET" in methods else frozenset(methods)

    def takes(self, method: bytes) -> bool:
        """Whether it is for requests with this method."""
        return not self._methods or method in self._methods
