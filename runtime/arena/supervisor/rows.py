"""Instances as the rows of `arena ps`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena.model.instance import InstanceRow
from arena.supervisor.backends.base import Handle, Usage
from arena.supervisor.instance import Instance


def rows(instances: Sequence[Instance], usage: Mapping[Handle, Usage], now: float) -> tuple[InstanceRow, ...]:
    """One row for each instance, in the order given; `now` in Unix seconds."""
    return tuple(_row(instance, usage.get(instance.handle) if instance.handle else None, now) for instance in instances)


def _row(instance: Instance, usage: Usage | None, now: float) -> InstanceRow:
    running = instance.status == "running"
    uptime = round(max(0.0, now - instance.started_at), 1) if running and instance.started_at is not None else None
    return InstanceRow(
        service=instance.workload.name,
        kind=instance.workload.kind,
        instance=instance.name,
        status=instance.status,
        health=instance.health,
        pid=instance.handle.pid if instance.handle else None,
        endpoint=instance.endpoint if instance.active else "",
        restarts=instance.restarts,
        uptime_s=uptime,
        cpu_percent=usage.cpu_percent if usage else None,
        rss_bytes=usage.rss_bytes if usage else None,
        runtime="process",
    )
