"""Until when the caller waits: the `x-request-deadline` of the request being served, Unix seconds with a fraction."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from arena.sdk.request import current

if TYPE_CHECKING:
    import httpx

HEADER = "x-request-deadline"
_SECONDS = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,9})?")


def time_left() -> float | None:
    """Seconds until nobody waits for the answer to this request any more, 0 when that has passed; None without a deadline, and
    outside of a request."""
    context = current()
    at = None if context is None else read(context.deadline)
    return None if at is None else max(0.0, at - time.time())


def read(value: str) -> float | None:
    """A header's value as Unix seconds; None for what is no deadline, such as one in milliseconds."""
    return float(value) if _SECONDS.fullmatch(value) else None


def carry(request: httpx.Request) -> None:
    """Pass the deadline on, and wait no longer than it allows. Raises `httpx.ConnectTimeout` when it has passed: nobody would
    hear the answer."""
    context, left = current(), time_left()
    if context is None or left is None:
        return
    if not left:
        import httpx

        raise httpx.ConnectTimeout("the deadline of the request being served has passed", request=request)
    request.headers.setdefault(HEADER, context.deadline)
    limits = request.extensions.get("timeout") or dict.fromkeys(("connect", "read", "write", "pool"))
    capped = {name: left if seconds is None else min(seconds, left) for name, seconds in limits.items()}
    request.extensions = {**request.extensions, "timeout": capped}
