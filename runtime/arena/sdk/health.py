"""What a service says of its own health."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

Status = Literal["healthy", "degraded", "unhealthy"]

_log = logging.getLogger("arena.sdk.health")


@dataclass(frozen=True, slots=True)
class Health:
    """`degraded` serves with something missing, and keeps its traffic; `unhealthy` cannot serve. `detail` says why."""

    status: Status = "healthy"
    detail: str = ""

    @property
    def http_status(self) -> int:
        """503 for unhealthy, which takes the instance out of rotation; otherwise 200."""
        return 503 if self.status == "unhealthy" else 200


Check = Callable[[], Awaitable[Health]]


async def examine(check: Check | None) -> Health:
    """Ask the service's own check; one that raises means unhealthy, and the log has its traceback."""
    if check is None:
        return Health()
    try:
        return await check()
    except Exception as error:  # noqa: BLE001 - a broken check must read as unhealthy, whatever broke it
        _log.exception("the health check raised")
        return Health("unhealthy", f"the health check raised {type(error).__name__}")
