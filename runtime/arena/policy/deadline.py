"""Until when somebody waits for an answer: the `x-request-deadline` header.

A deadline is a point in time, not a duration: it means the same at every hop, however long a request waited in a queue on its
way, as long as the clocks agree (NTP keeps them within milliseconds). It is written as Unix time in seconds, with a fraction:
`x-request-deadline: 1763904123.250`. Whoever passes it on may bring it forward, never put it off.
Precedents: deadlines in gRPC (whose `grpc-timeout` is a duration on each hop), Finagle's `Deadline`, userver's
`X-Request-Deadline`.
"""

from __future__ import annotations

import math
import re

HEADER = b"x-request-deadline"
NEVER = math.inf
_SECONDS = re.compile(rb"[0-9]{1,11}(?:\.[0-9]{1,9})?")


def read(value: bytes) -> float | None:
    """Unix seconds, None when `value` says nothing of the kind (milliseconds would have 13 digits)."""
    value = value.strip(b" \t")
    return float(value) if _SECONDS.fullmatch(value) else None


def write(at: float) -> bytes:
    """The header line for a deadline `at` Unix seconds, rounded down to milliseconds: never later than it is."""
    return b"%s: %.3f" % (HEADER, math.floor(at * 1000.0) / 1000.0)


def left(now: float, limit: float | None, asked: float | None) -> tuple[float, bool]:
    """Seconds from `now` (Unix time) until the deadline, and whether it is the one the client `asked` for (Unix time), which
    counts only if it is sooner than our own `limit` (seconds). (NEVER, False) when nobody set one."""
    own = NEVER if limit is None else limit
    theirs = NEVER if asked is None else asked - now
    return (theirs, True) if theirs < own else (own, False)
