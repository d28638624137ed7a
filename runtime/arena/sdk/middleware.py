"""The ASGI middleware: sets the request context and measures, and leaves every message as it is."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from arena.sdk import request
from arena.sdk.metrics import RequestMetrics

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# nginx's number for a client that left before the answer began; there is no status to report.
CLIENT_LEFT = 499


class RequestMiddleware:
    """Pure ASGI, so that a stream passes chunk by chunk and a client's departure reaches the app."""

    def __init__(self, app: App, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request.enter(scope["headers"])
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await self._measure(scope, receive, send)

    async def _measure(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = CLIENT_LEFT
        began = time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with self._metrics.in_flight.track_inprogress():
                await self._app(scope, receive, watch)
        except Exception:
            status = 500 if status == CLIENT_LEFT else status
            raise
        finally:
            self._metrics.observe(scope["method"], _route(scope), status, time.perf_counter() - began)


def _route(scope: Scope) -> str:
    """The declared path that the router matched; it writes the route into the scope."""
    return getattr(scope.get("route"), "path", "") or "unmatched"
