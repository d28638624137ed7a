"""Upstreams that fail as a network can, beside refusing, which a `free_port` does: they swallow, or they take for ever."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

FILLERS = 16  # connections that nobody accepts: after a few, the kernel drops whoever knocks


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """A port at which connections are neither made nor refused: its queue is full, and nobody empties it."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(FILLERS):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


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


def _accept(listener: socket.socket, accepted: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):  # the listener was shut down: that is how this ends
        while True:
            accepted.append(listener.accept()[0])
