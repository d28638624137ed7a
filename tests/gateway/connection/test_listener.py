"""gateway.listener: the server socket."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from arena.errors import PortTaken
from arena.gateway.connection.listener import inherit, listen
from arena.model.tls import KeyPair, ListenerTls
from tests.gateway.kit import Client, Gateway, eventually, get
from tests.pki import Authority


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


async def test_an_inherited_socket_is_accepted_from_and_given_back(gateway: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as kept:
        port = kept.getsockname()[1]
        first, second, third = [inherit(gateway.plane, [os.dup(kept.fileno())]) for _ in range(3)]
        await first.open()
        await second.open()
        assert (first.port, second.port) == (port, port)
        first.close()
        assert await ask(port) == 200
        second.close()
        # Nobody accepts now, and still nobody is refused: it waits for whoever comes next.
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(get("/health"))
        await third.open()
        assert await Client(reader, writer).reply() is not None
        writer.close()
        third.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_door_that_is_opened_again_follows_the_plane_and_loses_nobody(gateway: Gateway, tmp_path: Path) -> None:
    pair = Authority(tmp_path).issue("gateway", "localhost")
    settings = gateway.view.spec.settings
    secure = replace(settings, tls=ListenerTls((KeyPair(str(pair.cert), str(pair.key)),)))
    assert await ask(gateway.port) == 200
    for wanted, word in ((secure, b"\x16\x03\x01"), (settings, get("/health"))):
        gateway.view.use_spec(replace(gateway.view.spec, settings=wanted))
        await gateway.server.open()
        client = Client(*await asyncio.open_connection("127.0.0.1", gateway.port))
        await client.send(word)
        if wanted is settings:
            assert (await client.reply()).status == 200
        else:
            await eventually(lambda: gateway.plane.arriving)
        client.leave()


async def test_what_is_no_socket_is_not_inherited(gateway: Gateway) -> None:
    number, other = os.pipe()
    with pytest.raises(OSError, match="ocket"):
        inherit(gateway.plane, [number])
    os.close(number)
    os.close(other)


async def ask(port: int) -> int:
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    try:
        return (await client.ask(get("/health"))).status
    finally:
        client.leave()
