"""From what the supervisor and the registry know to the rows a person reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.control.messages import HealthRow, PartReport
from arena.daemon.registration import Entry, external_entries
from arena.model.instance import Health, InstanceRow
from arena.model.service import Service
from arena.model.snapshot import EndpointHealth, Snapshot
from arena.supervisor.instance import Instance
from arena.supervisor.supervisor import Supervisor

_TAIL = 10  # lines

_HEALTH: dict[EndpointHealth, Health] = {"passing": "healthy", "failing": "unhealthy", "unknown": "starting"}


@dataclass(frozen=True, slots=True)
class Outside:
    """One endpoint of a service that runs elsewhere, and what the registry's probe says of it."""

    entry: Entry
    health: Health
    detail: str
    trouble: str = ""
    """Why it is not registered, so that no request reaches it."""

    def __str__(self) -> str:
        return f"{self.entry.instance} ({self.health}: {self.detail})"

    @property
    def ready(self) -> bool:
        """Healthy, or registered and asked by nobody."""
        return self.health == ("healthy" if self.entry.probe else "none") and not self.trouble


def parts(supervisor: Supervisor, names: Sequence[str]) -> tuple[PartReport, ...]:
    """How each of the named instances came up."""
    return tuple(_part(supervisor, state) for state in supervisor.instances() if state.name in names)


def _part(supervisor: Supervisor, state: Instance) -> PartReport:
    bad = state.status == "failed"
    return PartReport(
        service=state.workload.name,
        instance=state.name,
        status=state.status,
        health=state.health,
        seconds=state.seconds_to_ready,
        endpoint=state.endpoint,
        tail=supervisor.tail(state.name, _TAIL, state.started_at) if bad else (),
        log_file=str(supervisor.log_file(state.name)),
    )


def health_row(state: Instance, trouble: str = "", open_door: str = "") -> HealthRow:
    """What the supervisor's probe last said of one instance; why no request reaches it, if that is so; and why strangers do, if
    they should not."""
    detail = state.health_detail if state.status == "running" else state.detail
    if trouble:
        detail = f"{detail}; {_unreachable(trouble)}".removeprefix("; ")
    if open_door:
        detail = f"{detail}; {open_door}".removeprefix("; ")
    return HealthRow(
        state.workload.name,
        state.name,
        state.status,
        state.health,
        state.endpoint,
        detail,
        state.health_since,
        not trouble,
    )


def outside(
    services: Sequence[Service], snapshot: Snapshot | None, troubles: Mapping[str, str] | None = None
) -> list[Outside]:
    """Every external endpoint with its health; `snapshot` None: the registry is away, and nothing is known. `troubles` tells
    why an endpoint is not registered."""
    known = {endpoint.instance: endpoint.health for endpoint in snapshot.endpoints} if snapshot else None
    return [
        _judge(entry, known, (troubles or {}).get(entry.instance, ""))
        for service in services
        for entry in external_entries(service)
    ]


def external_parts(seen: Sequence[Outside]) -> tuple[PartReport, ...]:
    """How what runs elsewhere was found by an `up` that named it."""
    return tuple(
        PartReport(each.entry.service, each.entry.instance, "external", each.health, None, each.entry.address.authority)
        for each in seen
    )


def external_rows(seen: Sequence[Outside]) -> list[InstanceRow]:
    """The rows of `arena ps` for what runs elsewhere."""
    return [
        InstanceRow(
            each.entry.service, "service", each.entry.instance, "external", each.health, None,
            each.entry.address.authority, 0, None, None, None, "external",
        )
        for each in seen
    ]  # fmt: skip


def external_health(seen: Sequence[Outside]) -> list[HealthRow]:
    """The rows of `arena health` for what runs elsewhere."""
    return [
        HealthRow(
            each.entry.service,
            each.entry.instance,
            "external",
            each.health,
            each.entry.address.authority,
            each.detail,
            reachable=not each.trouble,
        )
        for each in seen
    ]


def _judge(entry: Entry, known: Mapping[str, EndpointHealth] | None, trouble: str) -> Outside:
    if trouble:
        return Outside(entry, "none", _unreachable(trouble), trouble)
    if known is None:
        return Outside(entry, "none", "not known: the registry does not answer")
    health = known.get(entry.instance)
    if health is None:
        return Outside(entry, "starting", "not registered yet")
    if entry.probe is None:
        return Outside(entry, "none", "not probed: it has no healthcheck")
    return Outside(entry, _HEALTH[health], f"the registry's probe says {health}")


def _unreachable(trouble: str) -> str:
    return f"not registered, so no request reaches it: {trouble}"
