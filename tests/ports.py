"""Ports for servers that have to be told where to listen, and for servers that are not there."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator

FILLERS = 16  # connections that nobody accepts: after a few, the kernel drops whoever knocks

_held: list[socket.socket] = []


def free_port() -> int:
    """A loopback port that is nobody else's until the test ends: not another test's, nor the local end of a connection.

    It stays bound here and nobody listens there. Linux lets a server that sets SO_REUSEADDR, as every server does, listen at
    a port that others are merely bound to, and gives it to nobody who asks for any port. Other systems let no server in,
    so that there the port is only one that was free a moment ago.
    """
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    one.bind(("127.0.0.1", 0))
    port: int = one.getsockname()[1]
    if sys.platform == "linux":
        _held.append(one)
    else:
        one.close()
    return port


def release() -> None:
    """Let go of all ports given so far."""
    while _held:
        _held.pop().close()


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
