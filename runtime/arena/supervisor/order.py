"""Who comes before whom. Pure. A dependency on something that is not among the workloads (a service that runs elsewhere)
orders nothing."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from arena.errors import ConfigError, UsageError
from arena.model.instance import Kind
from arena.model.workload import Workload

Waves = tuple[tuple[Workload, ...], ...]

# The gateway goes first, while what it is still busy with can be answered; the registry last, so that the services that stop
# can be struck off before.
_STOP_RANK: dict[Kind, int] = {"gateway": 0, "service": 1, "state": 1, "registry": 2}


def select(workloads: Sequence[Workload], only: Collection[str]) -> tuple[Workload, ...]:
    """The workloads named in `only`, what they depend on, and every component; all of them if `only` is empty. Order is
    kept. Raises UsageError for a name nobody has."""
    by_name = {workload.name: workload for workload in workloads}
    require_known(only, by_name)
    if not only:
        return tuple(workloads)
    chosen: set[str] = set()
    waiting = [*only, *(workload.name for workload in workloads if workload.kind != "service")]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in chosen:
            chosen.add(name)
            waiting += [dependency.service for dependency in by_name[name].depends_on]
    return tuple(workload for workload in workloads if workload.name in chosen)


def require_known(names: Collection[str], known: Collection[str]) -> None:
    """Raises UsageError, with what may have been meant, for the first of `names` that is not `known`."""
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known)) or 'none'}"
            raise UsageError(f"no service named {name!r}", hint=hint)


def start_waves(workloads: Sequence[Workload]) -> Waves:
    """Workloads in waves: each depends on earlier waves alone. Raises ConfigError naming the members of a cycle."""
    left = {workload.name: workload for workload in workloads}
    waves: list[tuple[Workload, ...]] = []
    while left:
        wave = tuple(w for w in left.values() if not any(d.service in left for d in w.depends_on))
        if not wave:
            raise ConfigError(f"these depend on one another in a circle: {', '.join(sorted(left))}")
        waves.append(wave)
        for workload in wave:
            del left[workload.name]
    return tuple(waves)


def stop_waves(workloads: Sequence[Workload]) -> Waves:
    """The reverse: whoever depends on something stops before it; the gateway before all, the registry after all."""
    backwards = tuple(reversed(start_waves(workloads)))
    waves = []
    for rank in sorted(set(_STOP_RANK.values())):
        waves += [tuple(w for w in wave if _STOP_RANK[w.kind] == rank) for wave in backwards]
    return tuple(wave for wave in waves if wave)
