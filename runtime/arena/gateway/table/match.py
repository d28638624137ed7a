"""What one method, host and path came to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from arena.gateway.refusal import Refusal
from arena.gateway.stats import RouteStats
from arena.gateway.table.route import CompiledRoute, Page
from arena.telemetry.accesslog import quote

if TYPE_CHECKING:
    from arena.gateway.exchange import Exchange

NO_ROUTE = b',"route":null,"service":null'


@dataclass(slots=True)
class Match:
    """Who answers: a route, a page of the gateway's own, or a refusal. `path` is what the upstream is asked for,
    without the query; `log_part` is the middle of its access-log line; `forwarded_prefix` a header line
    saying what was stripped; `verdicts` remembers what sets of roles were told here.
    `choose`: host and path do not say it all, and this finds the match of an exchange. `versions` are the same match with other
    services in its log line and counters, by their names. `quiet`: what is served so is counted, not logged."""

    log_part: bytes
    stats: RouteStats
    route: CompiledRoute | None = None
    page: Page | None = None
    refusal: Refusal | None = None
    path: bytes = b""
    forwarded_prefix: bytes = b""
    choose: Callable[[Exchange], Match] | None = None
    verdicts: dict[frozenset[str], Refusal | None] | None = None
    versions: dict[str, Match] | None = None
    quiet: bool = False

    def of(self, service: str, stats: RouteStats) -> Match:
        """The same match, with `service` in its log line and `stats` as its counters."""
        if self.versions is None:
            self.versions = {}
        known = self.versions.get(service)
        if known is None:
            start = self.log_part[: -len(quote(self.stats.service))]
            known = self.versions[service] = replace(
                self, log_part=start + quote(service), stats=stats, verdicts=None, versions=None
            )
        return known
