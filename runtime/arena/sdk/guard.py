"""Lets in who may call this service, and tells the app who it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from arena.sdk.caller import Caller, Callers, Principal
from arena.sdk.middleware import App, Receive, Scope, Send
from arena.sdk.refusal import CallerRefused

_CALLERS = "arena.callers"
_CALLER = "arena.caller"


class CallerGuard:
    """Pure ASGI: refuses by `callers` before the app sees anything. A WebSocket is refused at its handshake."""

    def __init__(self, app: App, callers: Callers) -> None:
        self._app = app
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope[_CALLERS] = self._callers
            try:
                path = scope["path"].removeprefix(scope.get("root_path", ""))
                caller = self._callers.admit(path, scope.get("method", ""), Headers(scope=scope))
            except CallerRefused as refusal:
                await _refuse(refusal, scope, receive, send)
                return
            if caller is not None:
                scope[_CALLER] = caller
        elif scope["type"] == "lifespan":
            self._callers.prepare()
        await self._app(scope, receive, send)


async def _refuse(refusal: CallerRefused, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})  # the server answers 403
    else:
        await refusal.answer()(scope, receive, send)


async def principal_or_none(connection: HTTPConnection) -> Principal | None:
    """A dependency: who asks, None when nobody vouches for anybody (a route with `auth: none`, a direct call without a
    token, a service that runs without Arena). Raises CallerRefused (401, 403) for one who claims to be somebody and is not."""
    return _caller(connection).principal


async def principal(connection: HTTPConnection) -> Principal:
    """A dependency: who asks. Raises CallerRefused (401, 403) for anybody who is not known."""
    who = _caller(connection).principal
    if who is None:
        detail = "this needs a caller who is known: come through a route of the gateway that asks for a token"
        if not _callers(connection).known:
            detail = "this service runs without Arena (ARENA_IDENTITY_FILE is not set), so no caller can be known"
        raise CallerRefused(401, "unauthenticated", detail)
    return who


def require_roles(*roles: str) -> Callable[[HTTPConnection], Awaitable[Principal]]:
    """A dependency: who asks, if it has at least one of `roles`. Raises CallerRefused (401, 403)."""
    wanted = frozenset(roles)
    if not wanted:
        raise ValueError("say at least one role; sdk.principal is for any known caller")

    async def check(connection: HTTPConnection) -> Principal:
        who = await principal(connection)
        if wanted.isdisjoint(who.roles):
            raise CallerRefused(403, "forbidden", f"this needs the role {' or '.join(sorted(wanted))}")
        return who

    return check


def _caller(connection: HTTPConnection) -> Caller:
    """Judged once for each request."""
    known = connection.scope.get(_CALLER)
    if known is None:
        known = connection.scope[_CALLER] = _callers(connection).judge(connection.headers)
    assert isinstance(known, Caller)
    return known


def _callers(connection: HTTPConnection) -> Callers:
    found = connection.scope.get(_CALLERS)
    if not isinstance(found, Callers):
        raise RuntimeError("the app is no Arena service yet: call arena.sdk.attach(app) where it is made")
    return found
