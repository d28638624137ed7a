"""The request id and the trace context, which every reply carries whatever becomes of the request.

Source: https://www.w3.org/TR/trace-context/ (our span becomes the parent of what the service does).
"""

from __future__ import annotations

import os
from binascii import hexlify
from collections.abc import Iterator

from arena.gateway.exchange import Exchange
from arena.telemetry import trace

_AT_ONCE = 128


def _random_ids() -> Iterator[tuple[bytes, bytes]]:
    """A trace id and a span id, for ever; the system is asked for many at once, because asking costs more than they do."""
    while True:
        digits = hexlify(os.urandom(24 * _AT_ONCE))
        for start in range(0, len(digits), 48):
            yield digits[start : start + 32], digits[start + 32 : start + 48]


_next = _random_ids().__next__


def identify(x: Exchange) -> None:
    """Fill in the request id (the client's when it is sane, else the trace id) and the trace (the client's when
    valid)."""
    head = x.head
    flags = b"01"
    trace_id, span_id = _next()
    if head.traceparent:
        parent = trace.parse(head.traceparent.decode("latin-1"))
        if parent is not None:
            trace_id, flags = parent.trace_id.encode(), b"%02x" % parent.flags
            if head.tracestate:
                x.fields = (*x.fields, b"tracestate: " + head.tracestate)
    x.trace_id = trace_id
    x.request_id = request_id = head.request_id or trace_id
    x.ids = b"".join((b"x-request-id: ", request_id, b"\r\ntraceparent: 00-", trace_id, b"-", span_id, b"-", flags))
