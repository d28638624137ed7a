"""Every counter of the gateway as a Prometheus page: what a worker counts, written where somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.issuer import report
from arena.gateway.page import breakers
from arena.gateway.stats import LimitStats, Stats
from arena.gateway.table import gates
from arena.telemetry import metrics

if TYPE_CHECKING:
    from arena.gateway.connection.tls import Tls
    from arena.gateway.plane import Plane
    from arena.gateway.store.store import Store
    from arena.gateway.view import View


def render(plane: Plane, view: View) -> str:
    """The page."""
    page, stats = metrics.Page(), plane.stats
    _write_requests(page, stats)
    _write_limits(page, stats)
    gates.write(page, view.gates)
    _write_store(page, stats, view.store)
    _write_tls(page, stats, plane.tls)
    report.write(page, view.access.sources)
    view.memory.write(page)
    breakers.write(page, view.rosters, stats, monotonic())
    breakers.write_routes(page, view.guards, monotonic())
    _write_attempts(page, stats)
    _write_connections(page, plane)
    _write_view(page, view, stats)
    dropped = plane.log.dropped if plane.log is not None else 0
    page.counter("arena_gateway_access_log_dropped_total", "Lines nobody took in time.", [({}, dropped)])
    page.gauge("process_resident_memory_bytes", "Resident memory.", [({}, _resident_bytes())])
    return page.text()


def _write_requests(page: metrics.Page, stats: Stats) -> None:
    routes = list(stats.routes.values())
    page.counter("arena_gateway_requests_total", "Requests answered, by route and status class.", _requests(stats))
    page.histogram(
        "arena_gateway_request_duration_seconds",
        "From the request head to the end of the reply.",
        [({"route": one.route, "service": one.service}, one.latency) for one in routes if any(one.classes)],
    )
    page.counter(
        "arena_gateway_outcomes_total",
        "What became of requests.",
        [({"outcome": outcome}, count) for outcome, count in stats.outcomes.items()],
    )
    page.gauge("arena_gateway_requests_in_flight", "Requests under way.", [({}, stats.in_flight)])


def _write_limits(page: metrics.Page, stats: Stats) -> None:
    routes = stats.routes.values()
    page.counter(
        "arena_gateway_rate_limited_total",
        "Requests refused by a rate limit.",
        [({"route": one.route, "service": one.service}, one.limited) for one in routes if one.limited],
    )
    page.counter(
        "arena_gateway_limit_over_total",
        "Requests beyond a limit: refused if it is enforced, else let pass.",
        [(_limit_labels(one), one.over) for one in stats.limits.values()],
    )


def _write_attempts(page: metrics.Page, stats: Stats) -> None:
    page.counter(
        "arena_gateway_upstream_errors_total",
        "Failed attempts, by service and reason.",
        [({"service": service, "reason": reason}, n) for (service, reason), n in stats.upstream_errors.items()],
    )
    page.counter(
        "arena_gateway_upstream_full_total",
        "Requests refused because every instance had as many connections as it may have.",
        [({"service": service}, count) for service, count in stats.full.items()],
    )
    page.counter("arena_gateway_retries_total", "Attempts made again.", [({}, stats.retries)])
    page.counter(
        "arena_gateway_hedges_total",
        "Second attempts beside slow ones: won, lost, failed, or saved the request because the first one failed.",
        [({"route": route, "result": result}, n) for (route, result), n in stats.hedges.items()],
    )
    page.counter(
        "arena_gateway_fallbacks_total",
        "Requests that a fallback answered.",
        [({"route": route, "fallback": name}, n) for (route, name), n in stats.fallbacks.items()],
    )
    page.counter(
        "arena_gateway_faults_injected_total",
        "Faults made on purpose.",
        [({"route": route, "fault": kind}, n) for (route, kind), n in stats.faults.items()],
    )
    page.counter(
        "arena_gateway_mirrored_total",
        "Copies of requests, by what became of them.",
        [
            ({"route": one.route, "service": one.service, "result": result}, count)
            for one in stats.mirrors.values()
            for result, count in one.results.items()
        ],
    )


def _write_connections(page: metrics.Page, plane: Plane) -> None:
    stats = plane.stats
    page.gauge("arena_gateway_connections", "Open client connections.", [({}, len(plane.clients))])
    page.gauge("arena_gateway_max_connections", "The cap on those.", [({}, plane.max_connections)])
    page.counter("arena_gateway_connections_total", "Client connections accepted.", [({}, stats.accepted)])
    page.counter("arena_gateway_connections_refused_total", "Beyond the cap.", [({}, stats.turned_away)])
    page.gauge("arena_gateway_upstream_connections", "Open upstream connections.", [({}, len(plane.upstreams))])


def _write_view(page: metrics.Page, view: View, stats: Stats) -> None:
    page.gauge("arena_gateway_snapshot_age_seconds", "Since the registry last confirmed it.", [({}, view.age())])
    page.gauge("arena_gateway_snapshot_version", "Version of the snapshot in use.", [({}, view.snapshot.version)])
    page.gauge("arena_gateway_snapshot_stale", "1 when the registry is out of reach.", [({}, int(view.stale))])
    page.counter("arena_gateway_swaps_total", "Tables put into use.", [({}, stats.swaps)])
    page.gauge("arena_gateway_worker_info", "Which worker says all this.", [({"worker": view.worker}, 1)])


def _write_tls(page: metrics.Page, stats: Stats, tls: Tls | None) -> None:
    if tls is None:
        return
    failures = [({"reason": reason}, count) for reason, count in sorted(stats.handshakes_failed.items())]
    page.counter("arena_gateway_tls_handshakes_failed_total", "Clients that TLS was not agreed with.", failures)
    expires = tls.expires.timestamp()
    page.gauge("arena_gateway_tls_certificate_expires_seconds", "When it expires, in Unix seconds.", [({}, expires)])
    page.gauge(
        "arena_gateway_tls_certificate_stale", "1 when newer files cannot be used.", [({}, int(bool(tls.problem)))]
    )


def _write_store(page: metrics.Page, stats: Stats, store: Store | None) -> None:
    if store is None:
        return
    page.gauge("arena_gateway_store_up", "1 when the state store answers.", [({}, int(store.up))])
    page.gauge(
        "arena_gateway_store_fill_ratio",
        "The share of the store's maxmemory that is taken, 0 where it has none.",
        [({}, store.fill)],
    )
    page.counter("arena_gateway_store_failures_total", "Questions the store did not answer.", [({}, store.failures)])
    page.counter(
        "arena_gateway_limit_unchecked_total",
        "Requests that a limit did not count because the state store was down.",
        [(_limit_labels(one), one.unchecked) for one in stats.limits.values()],
    )


def _limit_labels(stats: LimitStats) -> dict[str, str]:
    limit = stats.limit
    return {"limit": limit.title, "route": stats.scope, "enforced": "true" if limit.enforce else "false"}


def _requests(stats: Stats) -> Iterator[tuple[dict[str, str], float]]:
    for one in stats.routes.values():
        for hundred, count in enumerate(one.classes):
            if count:
                yield {"route": one.route, "service": one.service, "status": f"{hundred}xx"}, count


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm") as file:  # noqa: PTH123  # a kernel file of one line, read on every scrape
            return int(file.read().split()[1]) * 4096
    except OSError:
        return 0  # not Linux
