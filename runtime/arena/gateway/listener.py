"""The server socket."""

from __future__ import annotations

import asyncio

from arena.errors import PortTaken
from arena.gateway.client import ClientConnection
from arena.gateway.plane import Plane

BACKLOG = 4096


async def listen(plane: Plane, host: str, port: int, *, shared: bool = False) -> asyncio.Server:
    """Accept clients for `plane`. Raises PortTaken.

    `shared` (SO_REUSEPORT) is for workers of one gateway: the kernel deals connections out among them. Without, two
    gateways on one port by mistake would each get half of the requests.
    """
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(
            lambda: ClientConnection(plane), host, port, backlog=BACKLOG, reuse_port=shared or None
        )
    except OSError as error:
        raise PortTaken(
            f"the gateway cannot listen on {host} port {port}: {error.strerror or error}",
            hint="stop what holds the port, or set gateway.port",
        ) from error
