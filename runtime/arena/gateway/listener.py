"""The server socket."""

from __future__ import annotations

import asyncio

from arena.errors import PortTaken
from arena.gateway.client import ClientConnection
from arena.gateway.plane import Plane

BACKLOG = 4096


async def listen(plane: Plane, host: str, port: int) -> asyncio.Server:
    """Accept clients for `plane`. Raises PortTaken.

    The port is not shared (no SO_REUSEPORT): two gateways on one port by mistake would each get half of the requests.
    """
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(lambda: ClientConnection(plane), host, port, backlog=BACKLOG)
    except OSError as error:
        raise PortTaken(
            f"the gateway cannot listen on {host} port {port}: {error.strerror or error}",
            hint="stop what holds the port, or set gateway.port",
        ) from error
