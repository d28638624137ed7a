"""The listening sockets of a gateway, and who accepts from them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from arena.errors import PortTaken
from arena.gateway.connection.arrival import Arrivals
from arena.gateway.connection.client import ClientConnection
from arena.gateway.plane import Plane

BACKLOG = 4096


class Door:
    """Listening sockets with a plane behind them, which says whether clients speak TLS. What waits in their queues is nobody's
    until it is accepted, so a door may be closed and opened again with no connection lost in between."""

    def __init__(self, plane: Plane, sockets: Sequence[socket.socket]) -> None:
        self._plane = plane
        self._sockets = sockets
        self._open: list[asyncio.Server | Arrivals] = []
        self._secure = False

    @property
    def port(self) -> int:
        port: int = self._sockets[0].getsockname()[1]
        return port

    async def open(self) -> None:
        """Accept clients, who speak what the plane says now; call it again when that may have changed."""
        secure = self._plane.tls is not None
        if self._open and secure == self._secure:
            return
        before, self._open, self._secure = self._open, [], secure
        for one in before:
            one.close()
        for sock in self._sockets:
            self._open.append(Arrivals(self._plane, sock.dup()) if secure else await self._serve(sock.dup()))

    def close(self) -> None:
        """Accept nobody any more, and let go of the sockets."""
        for one in (*self._open, *self._sockets):
            one.close()
        self._open = []

    async def _serve(self, sock: socket.socket) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: ClientConnection(self._plane), sock=sock, backlog=BACKLOG)


async def listen(plane: Plane, host: str, port: int) -> Door:
    """Open a socket of our own and accept clients for `plane`. Raises PortTaken."""
    door = bind(plane, host, port)
    await door.open()
    return door


def bind(plane: Plane, host: str, port: int) -> Door:
    """A closed door at a socket of our own. Raises PortTaken."""
    try:
        # As every server: past connections in TIME_WAIT do not count. Nobody else may join (SO_REUSEPORT): two gateways
        # on one port by mistake would each get half of the requests.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return Door(plane, [socket.create_server((host, port), family=family, backlog=BACKLOG)])
    except OSError as error:
        raise PortTaken(
            f"the gateway cannot listen on {host} port {port}: {error.strerror or error}",
            hint="stop what holds the port, or set gateway.port",
        ) from error


def inherit(plane: Plane, numbers: Sequence[int]) -> Door:
    """A closed door at listening sockets that another process opened and keeps. Raises OSError for what is none."""
    return Door(plane, [socket.socket(fileno=number) for number in numbers])
