"""Upstreams that fail as a network can, beside those of tests.ports: they take for ever, or they answer well and far too
late."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LATE = (1.0, 1.5, 2.0)  # seconds, one after another


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """A port at which connections are accepted, requests are read, and nothing is said."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        accepted: list[socket.socket] = []
        thread = threading.Thread(target=_accept, args=(listener, accepted))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for each in accepted:
                each.close()


class _Late(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    turns = itertools.cycle(LATE)

    def do_GET(self) -> None:
        """Answer as the echo service does, when nobody expects it any more."""
        time.sleep(next(self.turns))
        body = json.dumps({"path": self.path}).encode()
        with contextlib.suppress(ConnectionError):  # most have left by now
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """What it says is of no interest."""


@contextlib.contextmanager
def late() -> Iterator[int]:
    """A port at which every request is answered, after `LATE` seconds."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Late) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def _accept(listener: socket.socket, accepted: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):  # the listener was shut down: that is how this ends
        while True:
            accepted.append(listener.accept()[0])
