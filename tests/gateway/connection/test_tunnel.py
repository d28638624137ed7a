"""gateway.tunnel: WebSockets between a real client and a real server, and what goes wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from arena.model.address import Address
from arena.model.route import RateLimit, Route
from arena.model.snapshot import Endpoint
from arena.model.transform import Edit, Pair, Transform
from tests.gateway.kit import QUICK, Gateway, Start, Stub, Talk, connected, eventually, get, token

CHAT = Route("chat", "web", "/chat", upgrade="websocket")
HANDSHAKE = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n"
AGREED = b"HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: y\r\n\r\n"


async def echo(connection: ServerConnection) -> None:
    try:
        async for message in connection:
            if message == "who":
                assert connection.request is not None
                await connection.send(connection.request.headers.get("X-User", "nobody"))
            else:
                await connection.send(message)
    except ConnectionClosed:
        return


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve(echo, "127.0.0.1", 0, max_size=None, ping_interval=None) as one:
        yield one


def endpoint(server: Server) -> Endpoint:
    return Endpoint("web", "web-1", Address("127.0.0.1", next(iter(server.sockets)).getsockname()[1]), "passing")


def dial(gateway: Gateway, path: str = "/chat", credential: str | None = "") -> connect:
    headers = {} if credential is None else {"Authorization": f"Bearer {credential or token()}"}
    uri = f"ws://127.0.0.1:{gateway.port}{path}"
    return connect(uri, additional_headers=headers, max_size=None, ping_interval=None, compression=None)  # type: ignore[arg-type]  # passed through


async def test_messages_both_ways_and_a_clean_end(start: Start, server: Server) -> None:
    user = Transform(request=Edit(set=(Pair("X-User", "${principal.sub}"),)))
    gateway = await start(endpoint(server), routes=(replace(CHAT, transform=user),))
    async with dial(gateway) as client:
        await client.send("who")
        assert await client.recv() == "alice"
        for message in ("é", b"\0\r\n\r\n", b"x" * 1_000_000):
            await client.send(message)
            assert await client.recv() == message
        assert gateway.plane.stats.in_flight == 1
    assert client.close_code == 1000
    line = await gateway.line()
    assert (line["status"], line["outcome"], line["principal"], line["route"]) == (101, "served", "alice", "chat")
    assert int(str(line["bytes_in"])) > 1_000_000 < int(str(line["bytes_out"]))
    assert gateway.plane.stats.in_flight == 0
    await eventually(lambda: not gateway.plane.upstreams)


async def test_credentials_and_limits_come_first(start: Start, server: Server) -> None:
    gateway = await start(endpoint(server), routes=(replace(CHAT, rate_limits=(RateLimit(0.001, 1),)),))
    for credential, status in ((None, 401), ("junk", 401)):
        with pytest.raises(InvalidStatus) as refused:
            await dial(gateway, credential=credential)
        assert refused.value.response.status_code == status
    async with dial(gateway):
        pass
    with pytest.raises(InvalidStatus) as refused:
        await dial(gateway)
    assert refused.value.response.status_code == 429


async def test_a_route_that_does_not_allow_it(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(Route("web", "web", "/", auth="none"),))
    with pytest.raises(InvalidStatus) as refused:
        await dial(gateway)
    assert refused.value.response.status_code == 501
    assert stub.asked == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        get("/chat", HANDSHAKE, method="POST"),
        get("/chat", HANDSHAKE.replace(b"websocket", b"tls/1.0")),
        get("/chat", HANDSHAKE.replace(b"Connection: Upgrade\r\n", b"")),
        get("/chat", HANDSHAKE, b"Content-Length: 1\r\n") + b"x",
    ],
    ids=["method", "protocol", "connection", "body"],
)
async def test_what_is_no_handshake(start: Start, stub: Stub, request_bytes: bytes) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(CHAT, auth="none"),))
    async with connected(gateway) as client:
        (await client.ask(request_bytes)).problem(501, "not-implemented")
    assert stub.asked == []


async def open_raw(start: Start, stub: Stub, **settings: object) -> Gateway:
    return await start(stub.endpoint(), routes=(replace(CHAT, auth="none"),), **settings)


async def test_a_service_may_decline(start: Start, stub: Stub) -> None:
    gateway = await open_raw(start, stub)
    async with connected(gateway) as client:
        for _ in range(2):
            assert (await client.ask(get("/chat", HANDSHAKE))).body == b"hello"
    assert (stub.asked[0].header("upgrade"), stub.asked[0].header("connection")) == ("websocket", "Upgrade")


@pytest.mark.parametrize("reply", [b"HTTP/1.1 101 OK\r\n\r\n", AGREED.replace(b"Sec-WebSocket-Accept: y\r\n", b"")])
async def test_another_protocol_than_asked_for_is_none(start: Start, stub: Stub, reply: bytes) -> None:
    async def answer(talk: Talk) -> None:
        await talk.send(reply)

    stub.answer = answer
    gateway = await open_raw(start, stub)
    async with connected(gateway) as client:
        (await client.ask(get("/chat", HANDSHAKE))).problem(502, "upstream-failed")


async def agree(talk: Talk) -> None:
    await talk.send(AGREED + b"first")
    await asyncio.Event().wait()


async def test_bytes_on_the_heels_of_either_head_arrive(start: Start, stub: Stub) -> None:
    got = asyncio.Queue[bytes]()

    async def answer(talk: Talk) -> None:
        await talk.send(AGREED + b"first")
        got.put_nowait(await talk.reader.readexactly(5))
        talk.writer.close()

    stub.answer = answer
    gateway = await open_raw(start, stub)
    async with connected(gateway) as client:
        await client.send(get("/chat", HANDSHAKE) + b"early")
        assert (await client.rest()).endswith(b"\r\n\r\nfirst")
    assert await got.get() == b"early"


async def test_silence_ends_it_and_is_no_fault_of_the_service(start: Start, stub: Stub) -> None:
    stub.answer = agree
    gateway = await open_raw(start, stub, timeouts=QUICK)
    async with connected(gateway) as client:
        await client.send(get("/chat", HANDSHAKE))
        assert (await client.rest()).endswith(b"first")
    assert (await gateway.line())["outcome"] == "served"
    assert not gateway.plane.stats.upstream_errors
    await eventually(lambda: not gateway.plane.upstreams)


async def test_the_client_leaves(start: Start, stub: Stub) -> None:
    stub.answer = agree
    gateway = await open_raw(start, stub)
    async with connected(gateway) as client:
        await client.send(get("/chat", HANDSHAKE))
        await client.reader.readuntil(b"first")
        client.leave()
    assert ((await gateway.line())["outcome"], gateway.plane.stats.in_flight) == ("served", 0)


async def test_a_reader_that_is_slow_holds_the_other_side_back(start: Start, stub: Stub) -> None:
    sent = 0

    async def flood(talk: Talk) -> None:
        nonlocal sent
        await talk.send(AGREED)
        while not talk.writer.is_closing():
            await talk.send(b"x" * 65536)
            sent += 65536

    stub.answer = flood
    gateway = await open_raw(start, stub)
    async with connected(gateway) as client:
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]  # streams have no word for it
        await client.send(get("/chat", HANDSHAKE))
        await eventually(lambda: any(one.blocked for one in gateway.plane.clients), "the client is held")
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.1)
        assert sent < 50_000_000
        client.leave()
        await eventually(lambda: not stub.open_now)


STOPPING = replace(QUICK, idle=30.0, drain=60.0)


@pytest.mark.parametrize("drain", [60.0, 0.1])
async def test_stopping_gives_it_a_time_of_its_own_and_no_request_less(
    start: Start, server: Server, drain: float
) -> None:
    gateway = await start(endpoint(server), routes=(CHAT,), timeouts=replace(STOPPING, drain=drain, tunnel_drain=1.0))
    async with dial(gateway) as client:
        draining = asyncio.create_task(gateway.plane.drain(gateway.server.close))
        await eventually(lambda: gateway.plane.draining)
        began = time.monotonic()
        await client.send("still here")
        assert await client.recv() == "still here"
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert 0.9 <= time.monotonic() - began < 30.0
    assert await draining is True
    assert client.close_code == 1006
    assert (await gateway.line())["outcome"] == "served"
    assert not gateway.plane.tunnels and not gateway.plane.stats.in_flight


async def test_what_was_said_last_arrives_although_its_time_is_up(start: Start, stub: Stub) -> None:
    got = asyncio.Queue[bytes]()

    async def answer(talk: Talk) -> None:
        await talk.send(AGREED + b"x" * 200_000 + b"last")
        got.put_nowait(await talk.reader.read())

    stub.answer = answer
    gateway = await open_raw(start, stub, timeouts=replace(STOPPING, tunnel_drain=0.0))
    async with connected(gateway) as client:
        await client.send(get("/chat", HANDSHAKE) + b"mine")
        await eventually(lambda: len(gateway.plane.tunnels) == 1)
        await client.reader.readuntil(b"last")
        assert await gateway.plane.drain(gateway.server.close)
        assert await client.rest() == b""
    assert await got.get() == b"mine"


async def test_a_request_under_way_has_its_own_time_beside_a_tunnel(start: Start, server: Server, stub: Stub) -> None:
    go = asyncio.Event()

    async def slow(talk: Talk) -> None:
        await go.wait()
        await talk.reply(b"done")

    stub.answer = slow
    slow_one = stub.endpoint("slow", "slow-1")
    gateway = await start(
        endpoint(server), slow_one,
        routes=(CHAT, Route("slow", "slow", "/slow", auth="none")),
        services=("web", "slow"),
        timeouts=replace(STOPPING, first_byte=60.0, tunnel_drain=0.0),
    )  # fmt: skip
    async with dial(gateway) as chat, connected(gateway) as client:
        await client.send(get("/slow"))
        await eventually(lambda: stub.asked)
        draining = asyncio.create_task(gateway.plane.drain(gateway.server.close))
        await chat.wait_closed()
        assert not draining.done()
        go.set()
        assert (await client.reply()).body == b"done"
    assert await draining is True


async def test_stopping_ends_well_when_it_ends_in_time(start: Start, server: Server) -> None:
    gateway = await start(endpoint(server), routes=(CHAT,))
    client: ClientConnection
    async with dial(gateway) as client:
        draining = asyncio.create_task(gateway.plane.drain(gateway.server.close))
        await client.send("bye")
        assert await client.recv() == "bye"
    assert await draining is True
