"""The registry's HTTP API."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from arena.auth.signed import DAEMON
from arena.registry import metrics, openapi, payload, view
from arena.registry.access import Access
from arena.registry.core import Registry
from arena.registry.refusal import Refused

_BODY_TIMEOUT = 10.0  # seconds for a whole registration to arrive
# A body that is too long is still read so far, and thrown away: a connection closed over unread bytes is reset, and the
# client would see that instead of the answer.
_MOST_DISCARDED = 4 * 1024 * 1024
_HEARTBEATS_PER_TTL = 3  # so that two may be lost
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)

_PATHS = "there are /v1/services, /v1/snapshot, /v1/watch, /health and /metrics"

_log = logging.getLogger("arena.registry.app")


def create(registry: Registry, access: Access, ttl: float) -> FastAPI:
    """The API over `registry`; `ttl` in seconds is for registrations that name none."""
    app = FastAPI(title="Arena registry", docs_url=None, redoc_url=None)
    app.add_exception_handler(Refused, _refuse)
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_exception_handler(Exception, _fail)
    _add_writes(app, registry, access, ttl)
    _add_reads(app, registry, access)
    _add_own_state(app, registry)
    return app


def _add_writes(app: FastAPI, registry: Registry, access: Access, ttl: float) -> None:
    @app.post("/v1/services", status_code=201, openapi_extra=openapi.REGISTRATION)
    async def register(request: Request) -> Response:
        access.asker(request)  # before the body is read: a stranger's is not worth the memory
        told = payload.parse(await _read(request), ttl)
        asker = access.writer(request, told.service)
        if told.ttl is None and asker.kind != DAEMON:
            raise Refused(403, "forbidden", "may be null or 0 for the daemon alone", "ttl_seconds")
        registry.register(told)
        await registry.kept()
        heartbeat = (told.ttl or ttl) / _HEARTBEATS_PER_TTL
        lease = {"instance_id": told.instance, "ttl_seconds": told.ttl, "heartbeat_seconds": heartbeat}
        return JSONResponse(lease, 201)

    @app.put("/v1/services/{service}/{instance}/heartbeat")
    async def heartbeat(request: Request, service: str, instance: str) -> Response:
        access.writer(request, service)
        return _done(registry.heartbeat((service, instance)))

    @app.delete("/v1/services/{service}/{instance}")
    async def deregister(request: Request, service: str, instance: str) -> Response:
        access.writer(request, service)
        known = registry.deregister((service, instance))
        await registry.kept()
        return _done(known)


def _add_reads(app: FastAPI, registry: Registry, access: Access) -> None:
    @app.get("/v1/services")
    async def list_services(request: Request) -> Response:
        access.reader(request)
        return JSONResponse({"services": view.services(registry)})

    @app.get("/v1/services/{service}")
    async def get_service(request: Request, service: str) -> Response:
        access.reader(request)
        found = view.service(registry, service)
        if found is None:
            raise Refused(404, "unknown-service", "no instance of that service is registered")
        return JSONResponse(found)

    @app.get("/v1/snapshot")
    async def snapshot(request: Request) -> Response:
        access.reader(request)
        return Response(registry.broadcast.line, media_type="application/json")

    @app.get("/v1/watch")
    async def watch(request: Request) -> Response:
        access.reader(request)
        return StreamingResponse(registry.broadcast.lines(), media_type="application/x-ndjson")


def _add_own_state(app: FastAPI, registry: Registry) -> None:
    @app.get("/health")
    async def health() -> Response:
        snapshot = registry.snapshot
        state = {"status": "ok", "epoch": snapshot.epoch, "version": snapshot.version}
        return JSONResponse({**state, "endpoints": len(snapshot.endpoints), "watchers": registry.broadcast.watchers})

    @app.get("/metrics")
    async def show_metrics() -> Response:
        return Response(metrics.render(registry), media_type=metrics.CONTENT_TYPE)


def _done(known: bool) -> Response:
    if not known:
        raise Refused(404, "unknown-instance", "no such instance is registered; register it again")
    return Response(status_code=204)


async def _read(request: Request) -> bytes:
    """The body, as long as it comes in time and is not too long."""
    body, seen = bytearray(), 0
    try:
        async with asyncio.timeout(_BODY_TIMEOUT):
            async for piece in request.stream():
                seen += len(piece)
                body += piece[: payload.MAX_BODY_BYTES + 1 - len(body)]
                if seen > _MOST_DISCARDED:
                    break
    except TimeoutError:
        raise Refused(408, "request-timeout", f"the body did not arrive within {_BODY_TIMEOUT:g} s") from None
    except ClientDisconnect:
        raise Refused(400, "bad-request", "the body broke off") from None
    return bytes(body)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    given = request.headers.get("x-request-id", "")
    request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    headers = {"x-request-id": request_id}
    if error.status == 401:
        headers["www-authenticate"] = 'Bearer realm="arena-registry"'
    if error.status == 408:
        headers["connection"] = "close"
    return JSONResponse(error.problem(request_id), error.status, headers, media_type="application/problem+json")


async def _refuse_http(request: Request, error: Exception) -> Response:
    """What the framework refuses itself: paths and methods that do not exist."""
    assert isinstance(error, HTTPException)
    code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "bad-request")
    return await _refuse(request, Refused(error.status_code, code, _PATHS))


async def _fail(request: Request, error: Exception) -> Response:
    _log.error("a request failed", exc_info=error, extra={"path": request.url.path})
    return await _refuse(request, Refused(500, "internal", "the registry failed; its log says more"))
