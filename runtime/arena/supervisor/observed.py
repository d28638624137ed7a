"""What there is, as the reconciler sees it."""

from __future__ import annotations

from dataclasses import dataclass

from arena.model.instance import Status
from arena.model.workload import Workload


@dataclass(frozen=True, slots=True)
class Seen:
    """One instance that runs or once ran. `workload` is what it was started from, which need not be what is asked for
    now; `index` counts from 1."""

    workload: Workload
    index: int
    status: Status

    @property
    def instance(self) -> str:
        return self.workload.instance_name(self.index)

    @property
    def present(self) -> bool:
        """It runs, or the supervisor is about to make it run."""
        return self.status in ("pending", "running", "restarting")


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything seen, in no particular order."""

    instances: tuple[Seen, ...] = ()

    def of(self, workload: str) -> dict[int, Seen]:
        """The instances of one workload by index."""
        return {seen.index: seen for seen in self.instances if seen.workload.name == workload}
