"""gateway.listener: the server socket."""

from __future__ import annotations

import socket

import pytest

from arena.errors import PortTaken
from arena.gateway.listener import listen
from tests.gateway.kit import Gateway


async def test_a_taken_port_is_said_so(gateway: Gateway) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=f"127.0.0.1 port {port}"):
            await listen(gateway.plane, "127.0.0.1", port)


async def test_two_gateways_never_share_a_port(gateway: Gateway) -> None:
    with pytest.raises(PortTaken):
        await listen(gateway.plane, "127.0.0.1", gateway.port)


async def test_workers_share_a_port_and_strangers_do_not_join(gateway: Gateway) -> None:
    first = await listen(gateway.plane, "127.0.0.1", 0, shared=True)
    port = first.sockets[0].getsockname()[1]
    second = await listen(gateway.plane, "127.0.0.1", port, shared=True)
    with pytest.raises(PortTaken):
        await listen(gateway.plane, "127.0.0.1", port)
    first.close()
    second.close()
