"""What /metrics tells Prometheus, read off the registry when asked."""

from __future__ import annotations

from collections import Counter

from arena.registry.core import Registry
from arena.telemetry.metrics import CONTENT_TYPE, Page

__all__ = ["CONTENT_TYPE", "render"]


def render(registry: Registry) -> str:
    """The exposition text."""
    page = Page()
    present = Counter((entry.registration.service, entry.health) for entry in registry.entries)
    page.gauge(
        "arena_registry_endpoints",
        "Registered endpoints.",
        (({"service": service, "health": health}, count) for (service, health), count in sorted(present.items())),
    )
    page.counter(
        "arena_registry_events_total",
        "What happened, by name.",
        (({"event": event}, count) for event, count in sorted(registry.counts.items())),
    )
    page.gauge("arena_registry_watchers", "Open watch streams.", [({}, registry.broadcast.watchers)])
    page.gauge("arena_registry_snapshot_version", "Version of the latest Snapshot.", [({}, registry.snapshot.version)])
    return page.text()
