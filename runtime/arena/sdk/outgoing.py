"""Outgoing HTTP calls that carry the trace on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.sdk.request import current

if TYPE_CHECKING:
    import httpx


def client(**options: Any) -> httpx.AsyncClient:
    """An `httpx.AsyncClient` whose requests carry the request being served.

    Each request gets `traceparent` (same trace and sampling flag, a span id of its own), `tracestate` as it was received,
    and `x-request-id`, unless the caller set that header. Nothing else is passed on: no `Authorization`, no cookies.
    Outside of a request nothing is added. `options` are `httpx.AsyncClient`'s own.
    """
    # Importing httpx takes as long as the rest of the sdk; a service that calls nobody does not pay for it.
    import httpx

    hooks = dict(options.pop("event_hooks", {}))
    hooks["request"] = [*hooks.get("request", ()), _carry_on]
    return httpx.AsyncClient(event_hooks=hooks, **options)


async def _carry_on(request: httpx.Request) -> None:
    context = current()
    if context is None:
        return
    request.headers.setdefault("x-request-id", context.request_id)
    if "traceparent" not in request.headers:
        request.headers["traceparent"] = context.trace.child().header
        if context.tracestate:
            request.headers["tracestate"] = context.tracestate
