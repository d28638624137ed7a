"""The listening sockets of a gateway, and who accepts from them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from arena.errors import PortTaken
from arena.gateway.client import ClientConnection
from arena.gateway.plane import Plane

BACKLOG = 4096


class Door:
    """Listening sockets with a plane behind them. What waits in their queues is nobody's until it is accepted, so a door may be
    closed and another opened on the same sockets with no connection lost in between."""

    def __init__(self, plane: Plane, sockets: Sequence[socket.socket]) -> None:
        self._plane = plane
        self._sockets = sockets
        self._servers: list[asyncio.Server] = []

    @property
    def port(self) -> int:
        port: int = self._sockets[0].getsockname()[1]
        return port

    async def open(self) -> None:
        """Accept clients."""
        loop = asyncio.get_running_loop()
        for one in self._sockets:
            server = await loop.create_server(lambda: ClientConnection(self._plane), sock=one.dup(), backlog=BACKLOG)
            self._servers.append(server)

    def close(self) -> None:
        """Accept nobody any more, and let go of the sockets."""
        for server in self._servers:
            server.close()
        for one in self._sockets:
            one.close()


async def listen(plane: Plane, host: str, port: int) -> Door:
    """Open a socket of our own and accept clients for `plane`. Raises PortTaken."""
    try:
        # As every server: past connections in TIME_WAIT do not count. Nobody else may join (SO_REUSEPORT): two gateways
        # on one port by mistake would each get half of the requests.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        door = Door(plane, [socket.create_server((host, port), family=family, backlog=BACKLOG)])
    except OSError as error:
        raise PortTaken(
            f"the gateway cannot listen on {host} port {port}: {error.strerror or error}",
            hint="stop what holds the port, or set gateway.port",
        ) from error
    await door.open()
    return door


async def inherit(plane: Plane, numbers: Sequence[int]) -> Door:
    """Accept clients from listening sockets that another process opened and keeps. Raises OSError for what is none."""
    door = Door(plane, [socket.socket(fileno=number) for number in numbers])
    await door.open()
    return door
