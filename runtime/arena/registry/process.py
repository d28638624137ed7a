"""The registry as a process: `python -I -m arena.registry --host --port --state FILE --identity-file FILE --trust-file
FILE --ttl`.

Logs one JSON object a line to stdout. SIGTERM and SIGINT end it with exit code 0; 1 means that the port is taken.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import signal
import socket
import sys
from pathlib import Path

from arena.errors import ArenaError, PortTaken
from arena.telemetry import jsonlog

_BACKLOG = 1024
_EXIT_FAILURE = 1

_log = logging.getLogger("arena.registry")


def main() -> None:
    """Listen first, load the rest then: whoever calls during the start waits a moment and is not refused."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the server takes it: nothing is lost this early
    options = _parser().parse_args()
    jsonlog.configure()
    logging.getLogger("httpx").setLevel(logging.WARNING)  # one line for each probe otherwise
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        listener = _listen(options.host, options.port)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            from arena.registry import server

            runner.run(server.serve(listener, options.state, options.identity_file, options.ttl, options.trust_file))
    except ArenaError as error:
        _log.error(error.message, extra={"code": error.code, "hint": error.hint})
        sys.exit(_EXIT_FAILURE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m arena.registry", description="Arena's service registry.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8500, help="port to listen on, 0 for a free one (%(default)s)")
    parser.add_argument("--state", type=Path, required=True, help="file that keeps what is known")
    parser.add_argument("--identity-file", type=Path, required=True, help="file with the keys of service tokens")
    parser.add_argument("--trust-file", type=Path, help="file that says how services are believed that speak TLS")
    parser.add_argument("--ttl", type=float, default=15.0, help="seconds without a heartbeat (%(default)s)")
    return parser


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"port {port} on {host} is taken by another process",
                hint="stop that process, or give the registry another port (registry.port in arena.yaml)",
            ) from None
        raise ArenaError(f"the registry cannot listen on {host}:{port}: {error.strerror or error}") from None


def _loop_factory() -> type | None:
    try:
        import uvloop
    except ImportError:  # Windows: asyncio's own loop serves
        return None
    return uvloop.Loop
