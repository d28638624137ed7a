"""The table of calls: what each takes, what it gives, and whether it reports on the way.

Client and server read the same table, so a call is added here, on `operator.Operator`, and nowhere else on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from arena.control.messages import DaemonInfo, DownReport, HealthRow, UpReport, UpRequest
from arena.model.breaker import BreakerPlace, BreakerRow
from arena.model.cache import Purge, PurgeRow
from arena.model.event import Event
from arena.model.instance import InstanceRow
from arena.model.logline import LogLine, LogQuery


@dataclass(frozen=True, slots=True)
class Call:
    """`arguments` maps each argument to its type; `progress` is the type of what comes before the result, None for
    nothing; `result` is the type of the last message."""

    result: Any
    arguments: dict[str, Any] = field(default_factory=dict)
    progress: Any = None


CALLS: dict[str, Call] = {
    "info": Call(DaemonInfo),
    "up": Call(UpReport, {"request": UpRequest}, Event),
    "down": Call(DownReport, {"grace": float | None, "volumes": bool}, Event),
    "restart": Call(UpReport, {"services": tuple[str, ...], "grace": float | None}, Event),
    "wait": Call(type(None), {"service": str, "status": str, "timeout": float}, Event),
    "rows": Call(tuple[InstanceRow, ...], {"everything": bool}),
    "health": Call(tuple[HealthRow, ...]),
    "breakers": Call(tuple[BreakerRow, ...]),
    "trip": Call(tuple[BreakerRow, ...], {"place": BreakerPlace, "seconds": float | None}),
    "reset": Call(tuple[BreakerRow, ...], {"place": BreakerPlace}),
    "purge": Call(tuple[PurgeRow, ...], {"what": Purge}),
    "logs": Call(type(None), {"query": LogQuery}, LogLine),
}

MAX_MESSAGE_BYTES = 16 * 1024 * 1024  # one line: a large Project with long environments fits many times over
