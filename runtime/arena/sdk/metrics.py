"""Request metrics of one app, in a registry of its own, in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})
_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

# The time each series was made: a third of the exposition, and nobody asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call] # prometheus_client leaves this one untyped


class RequestMetrics:
    """Counts and times requests, from the first byte in to the last byte out.

    `route` is the path as the app declared it (`/items/{id}`), or "unmatched", so that clients cannot make new series.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.in_flight = Gauge("arena_service_requests_in_flight", "Requests being served.", registry=self.registry)
        self._total = Counter(
            "arena_service_requests",
            "Requests served, by the status the client saw.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "arena_service_request_seconds",
            "Time from the request's arrival to the last byte of its answer.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Record one finished request."""
        known = method if method in _METHODS else "OTHER"
        self._total.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def render(self) -> bytes:
        """The exposition, in the format named by CONTENT_TYPE."""
        return generate_latest(self.registry)
