"""Outgoing HTTP calls that carry the trace on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.sdk import deadline
from arena.sdk.environment import Environment
from arena.sdk.identity import of_process
from arena.sdk.request import current

if TYPE_CHECKING:
    import httpx


def client(service: str = "", **options: Any) -> httpx.AsyncClient:
    """An `httpx.AsyncClient` whose requests carry the request being served; with `service`, for that service of the project.

    Each request gets `traceparent` (same trace and sampling flag, a span id of its own), `tracestate` as it was received,
    `x-request-id`, and `x-request-deadline` if there is one, unless the caller set that header; and it waits no
    longer than that deadline allows (`httpx.TimeoutException`; at once when it has passed). Nothing else is passed on: no
    `Authorization`, no cookies. Outside of a request nothing is added. `options` are `httpx.AsyncClient`'s own.

    With `service` its instances are found in the registry, relative URLs are enough, and the token is shown that
    `allow_from` gives us; calls raise `httpx.ConnectError` when none is registered, and in a service that runs alone.
    """
    # Importing httpx takes as long as the rest of the sdk; a service that calls nobody does not pay for it.
    import httpx

    if service:
        options = {**_to(service), **options}
    hooks = dict(options.pop("event_hooks", {}))
    hooks["request"] = [*hooks.get("request", ()), _carry_on]
    return httpx.AsyncClient(event_hooks=hooks, **options)


def auth(service: str) -> httpx.Auth:
    """What shows `service` who we are, for an httpx client of your own."""
    from arena.sdk.service_call import ServiceAuth

    return ServiceAuth(service, of_process())


def _to(service: str) -> dict[str, Any]:
    from arena.sdk.service_call import ServiceTransport

    # trust_env: a proxy from the environment would come between, and would not know the name.
    transport = ServiceTransport(service, Environment.read())
    return {"base_url": f"http://{service}", "transport": transport, "auth": auth(service), "trust_env": False}


async def _carry_on(request: httpx.Request) -> None:
    context = current()
    if context is None:
        return
    deadline.carry(request)
    request.headers.setdefault("x-request-id", context.request_id)
    if "traceparent" not in request.headers:
        request.headers["traceparent"] = context.trace.child().header
        if context.tracestate:
            request.headers["tracestate"] = context.tracestate
