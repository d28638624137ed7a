"""When is `up` done, and when has it failed? Judges instances; waits for nothing.

An instance is *ready* when it runs and no probe says otherwise, or has completed. A start has *failed* when an instance is
failed, or was started by this very `up` and has ended `TOO_OFTEN` times without once being ready: the supervisor goes on trying
by its own rule, but whoever waits is told now.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from arena.errors import PartFailed, UsageError, WaitTimeout
from arena.model.workload import Workload
from arena.supervisor.instance import Instance

TOO_OFTEN = 3


def jobs(workloads: Sequence[Workload]) -> frozenset[str]:
    """The workloads that others wait for to complete: they are ready only then."""
    waited = (dependency for workload in workloads for dependency in workload.depends_on)
    return frozenset(each.service for each in waited if each.condition == "service_completed_successfully")


def missing(wanted: Collection[str], instances: Sequence[Instance], jobs: Collection[str] = ()) -> list[str]:
    """The names in `wanted` that are not ready; `jobs` are workloads that must complete."""
    ready = {
        instance.name
        for instance in instances
        if instance.status == "completed" or (instance.ready and instance.workload.name not in jobs)
    }
    return [name for name in wanted if name not in ready]


def failed(wanted: Collection[str], fresh: Collection[str], instances: Sequence[Instance]) -> list[Instance]:
    """The instances whose start has failed, those that failed by themselves before those that only depended on them.
    `fresh` names what this `up` started."""
    bad = [
        instance
        for instance in instances
        if instance.name in wanted and (instance.status == "failed" or (instance.name in fresh and _flaps(instance)))
    ]
    return sorted(bad, key=lambda instance: instance.started_at is None)


def failure(errors: Sequence[PartFailed], instances: Sequence[Instance]) -> PartFailed:
    """One error for all that failed: the first in full, the others by name."""
    first, instance = errors[0], instances[0]
    what = first.message
    if instance.status != "failed":
        what = f"{instance.name} ended {instance.restarts + 1} times without once being ready: {instance.detail}"
    others = ", ".join(other.name for other in instances[1:])
    return PartFailed(what + (f" (failed as well: {others})" if others else ""), hint=first.hint, detail=first.detail)


def too_late(
    wanted: Collection[str],
    instances: Sequence[Instance],
    timeout: float,
    jobs: Collection[str] = (),
    elsewhere: Sequence[str] = (),
) -> WaitTimeout:
    """The error that names what is not ready and what was last seen of it; `elsewhere` tells of what does not run here."""
    by_name = {instance.name: instance for instance in instances}
    late = missing(wanted, instances, jobs)
    seen = "; ".join((*(f"{name} ({_state(by_name.get(name))})" for name in late), *elsewhere))
    if not seen:
        seen = "what has to stop first: " + ", ".join(i.name for i in instances if i.active and i.name not in wanted)
    service = by_name[late[0]].workload.name if late and late[0] in by_name else ""
    look = f"arena logs {service}".strip() if late else "arena health"
    return WaitTimeout(
        f"not ready after {timeout:g} s: {seen}",
        hint=f"see `{look}`; --wait-timeout gives it more time",
    )


def unprobed(service: str) -> UsageError:
    """The error of who waits for a health that nobody asks about."""
    return UsageError(
        f"{service} has no healthcheck, so nobody knows whether it is healthy",
        hint=f"add `healthcheck: {{http: /health}}` to {service}, or `tcp: true`",
    )


def _flaps(instance: Instance) -> bool:
    """Its latest run has just ended, and so did those before."""
    return instance.status == "restarting" and instance.restarts + 1 >= TOO_OFTEN


def _state(instance: Instance | None) -> str:
    if instance is None:
        return "not started"
    why = instance.health_detail if instance.status == "running" else instance.detail
    return f"{instance.health if instance.status == 'running' else instance.status}: {why}" if why else instance.status
