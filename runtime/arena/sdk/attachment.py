"""`attach`: everything an Arena service needs, put on a FastAPI app by one call."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.responses import JSONResponse, Response

from arena.errors import ConfigError
from arena.sdk import logs, refusal
from arena.sdk.caller import Callers
from arena.sdk.environment import Environment
from arena.sdk.guard import CallerGuard
from arena.sdk.health import Check, examine
from arena.sdk.identity import of_process
from arena.sdk.metrics import CONTENT_TYPE, RequestMetrics
from arena.sdk.middleware import RequestMiddleware
from arena.sdk.refusal import CallerRefused
from arena.sdk.registrar import Registrar

_log = logging.getLogger("arena.sdk")


@dataclass(frozen=True, slots=True)
class Attachment:
    """What `attach` put on the app. Register the service's own Prometheus metrics with `metrics`."""

    environment: Environment
    metrics: CollectorRegistry


def attach(
    app: FastAPI,
    *,
    version: str = "0.0.0",
    capabilities: Sequence[str] = (),
    metadata: Mapping[str, object] | None = None,
    health: Check | None = None,
) -> Attachment:
    """Turn `app` into an Arena service; call it once, after the app is made and before it serves.

    It refuses callers that the service's `allow_from` does not name, and lets `principal` and `require_roles` know the others.
    It adds `/health` (from `health`, healthy if None) and `/metrics`, request context and metrics for every request, JSON
    logs for the whole process, and, when Arena started the process, registration with `version`, `capabilities` and
    `metadata` for as long as the app runs. The app's own lifespan stays: registration begins after its startup and ends
    before its shutdown. Raises ConfigError when the environment makes no sense, or when the app has one of the two routes
    already.
    """
    _refuse_own_routes(app)
    environment = Environment.read()
    service = environment.service or app.title
    logs.configure(service, environment.instance or f"{service}-{os.getpid()}")
    metrics = RequestMetrics()
    described = {"version": version, "capabilities": list(capabilities), **(metadata or {})}
    registrar = None if environment.alone else Registrar(environment, described)
    app.add_middleware(CallerGuard, callers=Callers(of_process()))
    app.add_middleware(RequestMiddleware, metrics=metrics)  # around the guard: a refusal is traced and counted too
    app.add_exception_handler(CallerRefused, refusal.answer)
    _add_routes(app, metrics, health, _identity(environment, service, version), registrar)
    _wrap_lifespan(app, environment, registrar)
    return Attachment(environment, metrics.registry)


def _refuse_own_routes(app: FastAPI) -> None:
    """The first of two routes wins, so ours would never be asked and the service would look healthier than it is."""
    taken = {"/health", "/metrics"} & {getattr(route, "path", "") for route in app.routes}
    if taken:
        raise ConfigError(
            f"the app has a route {sorted(taken)[0]} already",
            hint="let attach add it: pass health=…, and register your metrics with its `metrics`; call attach once",
        )


def _identity(environment: Environment, service: str, version: str) -> dict[str, object]:
    return {"service": service, "instance": environment.instance or None, "version": version}


def _add_routes(
    app: FastAPI,
    metrics: RequestMetrics,
    check: Check | None,
    identity: dict[str, object],
    registrar: Registrar | None,
) -> None:
    async def health() -> Response:
        report = await examine(check)
        registered = None if registrar is None else registrar.registered
        body = {"status": report.status, "detail": report.detail, **identity, "registered": registered}
        return JSONResponse(body, status_code=report.http_status)

    async def exposition() -> Response:
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    app.add_api_route("/health", health, include_in_schema=False)
    app.add_api_route("/metrics", exposition, include_in_schema=False)


def _wrap_lifespan(app: FastAPI, environment: Environment, registrar: Registrar | None) -> None:
    own = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Any]:
        async with own(running) as state:
            if registrar is None:
                missing = ", ".join(environment.missing)
                _log.info("running alone, known to no registry: not set are %s", missing)
                yield state
            else:
                async with registrar.running():
                    yield state

    app.router.lifespan_context = lifespan
