"""JSON lines on standard output: structlog, stdlib logging, warnings and uvicorn, all by one road.

Every line carries `time` (RFC 3339, UTC), `level`, `logger`, `event`, `service`, `instance`, and inside a request
`trace_id` and `request_id`.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from arena.sdk.request import current

_UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")
# Probes ask every few seconds, twice over; their successes would bury everything else.
_QUIET_PATHS = ("/health", "/metrics")


def configure(service: str, instance: str, *, level: str | None = None, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard output if None), at `level` or what LOG_LEVEL says."""
    identity = {"service": service, "instance": instance}

    def stamp(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.update(identity)
        if (context := current()) is not None:
            event["trace_id"] = context.trace.trace_id
            event["request_id"] = context.request_id
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        stamp,
    ]
    _configure_structlog(shared)
    _take_over_stdlib(shared, level or wanted_level(), stream or sys.stdout)


def wanted_level(variables: Mapping[str, str] | None = None) -> str:
    """LOG_LEVEL, or DEBUG when ARENA_DEBUG is set, or INFO. A level nobody knows reads as INFO."""
    given = os.environ if variables is None else variables
    debug = given.get("ARENA_DEBUG", "").lower() in ("1", "true", "yes", "on")
    level = given.get("LOG_LEVEL", "").upper() or ("DEBUG" if debug else "INFO")
    return level if level in logging.getLevelNamesMapping() else "INFO"


def _configure_structlog(shared: list[structlog.typing.Processor]) -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _take_over_stdlib(shared: list[structlog.typing.Processor], level: str, stream: TextIO) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _drop_uvicorn_colour,
                structlog.processors.EventRenamer("event"),
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    _take_over_uvicorn()


def _take_over_uvicorn() -> None:
    """uvicorn set up handlers of its own before it imported the app; its loggers now speak through ours."""
    for name in _UVICORN:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    access = logging.getLogger("uvicorn.access")
    access.filters[:] = [_not_a_passing_probe]
    # httpx says every request at INFO; a service's own log should not double because it makes calls.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _not_a_passing_probe(record: logging.LogRecord) -> bool:
    """uvicorn's access records carry (client, method, path, HTTP version, status) as arguments."""
    args = record.args
    if not isinstance(args, tuple) or len(args) != 5:
        return True
    path, status = args[2], args[4]
    return not (str(path).split("?")[0] in _QUIET_PATHS and isinstance(status, int) and status < 400)


def _drop_uvicorn_colour(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("color_message", None)
    return event
