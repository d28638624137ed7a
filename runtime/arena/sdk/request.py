"""The request being served: its trace and its id, visible to logs and outgoing calls through a context variable."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass

from arena.telemetry import trace

_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_TIME = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_SANE_STATE = re.compile(r"[\x20-\x7e]{1,512}")


@dataclass(frozen=True, slots=True)
class RequestContext:
    """`trace` holds our own span id, a child of the caller's span. `tracestate` is the caller's, passed on unread. `deadline`
    is when nobody waits for the answer any more, in Unix seconds as it was received, '' for never."""

    trace: trace.TraceContext
    request_id: str
    tracestate: str = ""
    deadline: str = ""


_current: ContextVar[RequestContext | None] = ContextVar("arena_request", default=None)


def current() -> RequestContext | None:
    """The request that the running task serves; None outside of one."""
    return _current.get()


def enter(headers: Iterable[tuple[bytes, bytes]]) -> RequestContext:
    """Read an ASGI scope's headers and make the result current for this task.

    A missing or malformed `traceparent` starts a new trace; a missing or unsafe `x-request-id` is replaced.
    """
    found = {name: value.decode("latin-1") for name, value in headers if name in _WANTED}
    parent = trace.parse(found.get(b"traceparent", ""))
    state = found.get(b"tracestate", "")
    given = found.get(b"x-request-id", "")
    deadline = found.get(b"x-request-deadline", "")
    context = RequestContext(
        trace=parent.child() if parent else trace.start(),
        request_id=given if _SANE_ID.fullmatch(given) else str(uuid.uuid4()),
        # Section 4.3 of Trace Context: without a valid traceparent the tracestate is dropped.
        tracestate=state if parent and _SANE_STATE.fullmatch(state) else "",
        deadline=deadline if _TIME.fullmatch(deadline) else "",
    )
    _current.set(context)
    return context


_WANTED = frozenset({b"traceparent", b"tracestate", b"x-request-id", b"x-request-deadline"})
