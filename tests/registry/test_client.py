import asyncio

import pytest

from arena.registry.client import RegistryAway, RegistryClient, RegistryRefused


async def test_a_life(shared) -> None:
    async with shared.client("client") as client:
        told = {"service_name": "client", "url": "http://127.0.0.1:1", "instance_id": "client-1", "ttl_seconds": 9}
        assert await client.register(told) == 3.0
        assert await client.heartbeat("client", "client-1")
        assert "client-1" in [endpoint.instance for endpoint in (await client.snapshot()).endpoints]
        assert await client.deregister("client", "client-1")
        assert not await client.heartbeat("client", "client-1")
        assert not await client.deregister("client", "client-1")


async def test_static_entries_heartbeat_too_so_as_to_learn_that_they_were_forgotten(shared) -> None:
    async with shared.client() as operator:
        assert await operator.register({"service_name": "ext", "url": "http://a:1", "ttl_seconds": 0}) == 5.0


async def test_a_refusal_says_what_the_registry_said(shared) -> None:
    async with shared.client("client") as client:
        with pytest.raises(RegistryRefused, match=r"422 url must begin with http"):
            await client.register({"service_name": "client", "url": "ftp://a"})
        with pytest.raises(RegistryRefused, match=r"403 .* does not speak for 'other'"):
            await client.heartbeat("other", "other-1")


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        b"junk\r\n\r\n",
        b"",
    ],
)
async def test_whatever_else_answers_the_registry_is_away(reply: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, RegistryClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", lambda: "t") as client:
        with pytest.raises(RegistryAway):
            await client.register({})
        if reply.endswith(b"{}"):
            with pytest.raises(RegistryAway, match="no registry"):
                await client.snapshot()


async def test_nobody_there() -> None:
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    async with RegistryClient(f"http://127.0.0.1:{port}", lambda: "t") as client:
        with pytest.raises(RegistryAway, match=str(port)):
            await client.heartbeat("a", "b")
