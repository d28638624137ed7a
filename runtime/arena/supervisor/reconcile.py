"""Desired against observed: the plan, with a cause for each step. Pure.

Rules, for the workloads chosen (all, or some with what they depend on):

    observed instance                          step
    -----------------------------------------  -----------------------------------------
    present, started from the same             none, or reload when only `reload_hash` differs
    present, started from something else       restart, saying what changed
    completed, from the same                   none: a job that is done is not done again
    not there, stopped, stopping, failed       start
    of an index above `replicas`               stop
    of a workload no longer in arena.yaml      stop, when nothing in particular was chosen

Stops come first and in reverse order of dependency, the rest in order of dependency. Applied, a plan makes the next one empty.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from arena.model.plan import Plan, Step
from arena.model.workload import Workload
from arena.supervisor.observed import Observed, Seen
from arena.supervisor.order import select, start_waves, stop_waves

_FIELD_NAMES = {
    "command": "command",
    "directory": "working_dir",
    "host": "host",
    "port": "port",
    "shared": "shared port",
    "probe": "healthcheck",
    "registered": "registration",
    "kind": "kind",
}


def reconcile(workloads: Sequence[Workload], observed: Observed, only: Collection[str] = ()) -> Plan:
    """What to do so that `workloads` run. Raises UsageError for an unknown name in `only`, ConfigError for a cycle."""
    chosen = select(workloads, only)
    stops = _stops(workloads, chosen, observed, everything=not only)
    rest = [step for wave in start_waves(chosen) for workload in wave for step in _steps(workload, observed)]
    return Plan((*stops, *rest))


def _stops(
    workloads: Sequence[Workload], chosen: Sequence[Workload], observed: Observed, *, everything: bool
) -> list[Step]:
    causes: dict[str, str] = {}
    replicas = {workload.name: workload.replicas for workload in chosen}
    known = {workload.name for workload in workloads}
    for seen in filter(_to_be_stopped, observed.instances):
        name = seen.workload.name
        if name not in known and everything:
            causes[seen.instance] = "no longer in arena.yaml"
        elif seen.index > replicas.get(name, seen.index):
            causes[seen.instance] = f"scaled to {replicas[name]}"
    running = {seen.workload.name: seen.workload for seen in observed.instances}
    return [
        Step("stop", workload.name, seen.instance, causes[seen.instance])
        for wave in stop_waves(tuple(running.values()))
        for workload in wave
        for _, seen in sorted(observed.of(workload.name).items(), reverse=True)
        if seen.instance in causes
    ]


def _to_be_stopped(seen: Seen) -> bool:
    return seen.present or seen.status == "stopping"


def _steps(workload: Workload, observed: Observed) -> list[Step]:
    there = observed.of(workload.name)
    grows = any(seen.present for seen in there.values())
    steps = []
    for index in range(1, workload.replicas + 1):
        if index in there:
            step = _step_for(workload, there[index])
        else:
            cause = f"scaled to {workload.replicas}" if grows else "not running"
            step = Step("start", workload.name, workload.instance_name(index), cause)
        steps += [step] if step else []
    return steps


def _step_for(workload: Workload, seen: Seen) -> Step | None:
    changed = "" if seen.workload.spec_hash == workload.spec_hash else changes(seen.workload, workload)
    if seen.present:
        if changed:
            return Step("restart", workload.name, seen.instance, changed)
        if seen.workload.reload_hash != workload.reload_hash:
            return Step("reload", workload.name, seen.instance, "settings changed")
        return None
    if seen.status == "completed" and not changed:
        return None
    cause = {"failed": "it had failed", "stopping": "it was being stopped"}.get(seen.status, "not running")
    return Step("start", workload.name, seen.instance, changed or cause)


def changes(old: Workload, new: Workload) -> str:
    """What differs, for people: "command and port changed", or by the keys in arena.yaml where they are known: "gateway.port:
    8000 → 8001 takes a restart". Values of variables are never named, only their keys."""
    keys = [f"{key}: {old.keys[key]} → {value}" for key, value in new.keys.items() if old.keys.get(key, value) != value]
    if keys:
        return f"{', '.join(keys)} takes a restart"
    named = [word for field, word in _FIELD_NAMES.items() if getattr(old, field) != getattr(new, field)]
    variables = {key for key, _ in old.environment.items() ^ new.environment.items()}
    if variables:
        named.append(f"environment ({', '.join(sorted(variables))})")
    return f"{' and '.join(named) or 'definition'} changed"
