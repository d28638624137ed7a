"""W3C Trace Context: reading, making and passing on the `traceparent` header.

Source: https://www.w3.org/TR/trace-context/ (Recommendation), sections 3.2 and 4.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

SAMPLED = 0x01

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class TraceContext:
    """`trace_id` is 32 and `span_id` 16 lower-case hex digits, neither all zeros. `flags` is one byte; bit 0 is "sampled"."""

    trace_id: str
    span_id: str
    flags: int = SAMPLED

    @property
    def header(self) -> str:
        """The value of a version-00 `traceparent` header."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"

    def child(self) -> TraceContext:
        """The same trace with a span id of our own, to be passed on."""
        return TraceContext(self.trace_id, new_span_id(), self.flags)


def parse(header: str) -> TraceContext | None:
    """Read a `traceparent` value; None when it is not valid, which by section 4.3 means: start a new trace.

    A version above 00 may carry more fields, which are ignored; version ff and version 00 with more fields are invalid.
    """
    match = _TRACEPARENT.fullmatch(header.strip())
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if version == "ff" or (version == "00" and rest) or not trace_id.strip("0") or not span_id.strip("0"):
        return None
    return TraceContext(trace_id, span_id, int(flags, 16) & SAMPLED)


def start() -> TraceContext:
    """Begin a new, sampled trace."""
    return TraceContext(new_trace_id(), new_span_id())


def new_trace_id() -> str:
    """128 random bits as hex; all zeros, which the standard forbids, has probability 2^-128."""
    return os.urandom(16).hex()


def new_span_id() -> str:
    """64 random bits as hex."""
    return os.urandom(8).hex()
