"""The registry on its socket: uvicorn, started and stopped our way."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from arena import tasks
from arena.auth.identity_file import IdentityFile
from arena.clock import SystemClock
from arena.health.trust import TrustFile
from arena.registry import app
from arena.registry.access import Access
from arena.registry.core import Registry

_GRACE = 1  # seconds for requests in flight when stopping; streams end at once

_log = logging.getLogger("arena.registry.server")


async def serve(
    listener: socket.socket, state: Path, identity_file: Path, ttl: float, trust_file: Path | None = None
) -> None:
    """Serve on `listener` until SIGTERM or SIGINT. `identity_file` has the keys of service tokens, and is read again when it
    changes; `trust_file` says how services with https:// URLs are probed."""
    access = Access(IdentityFile(identity_file))
    registry = Registry(state, SystemClock(), TrustFile(trust_file))
    server = _Server(_config(app.create(registry, access, ttl)), registry)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    registry.restore()
    expiry = tasks.spawn(registry.expire_for_ever(), name="expiry")
    host, port = listener.getsockname()[:2]
    _log.info("listening", extra={"host": host, "port": port})
    try:
        await server.serve([listener])
    finally:
        await tasks.cancel(expiry)
        await registry.close()
    _log.info("stopped")


def _config(api: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        api,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,  # longer than a heartbeat's pause, so that a client's connection is not closed under it
        timeout_graceful_shutdown=_GRACE,
    )


class _Server(uvicorn.Server):
    """uvicorn waits for every response to end, which a watch stream never does, and dies of the signal that stopped it: so
    the signals are ours, end the streams first, and leave exit code 0."""

    def __init__(self, config: uvicorn.Config, registry: Registry) -> None:
        super().__init__(config)
        self._registry = registry

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals alone: `serve` has taken them before anybody could know where to send one."""
        yield

    def stop(self) -> None:
        """Begin to end."""
        self._registry.broadcast.close()
        self.should_exit = True
