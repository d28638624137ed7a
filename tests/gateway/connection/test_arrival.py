"""gateway.arrival: clients that speak TLS, well or badly, through a whole gateway."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from arena.auth.revocation import Revocation
from arena.model.address import Address
from arena.model.project import Timeouts
from arena.model.route import Route
from arena.model.snapshot import Endpoint
from arena.model.tls import KeyPair, ListenerTls
from tests.gateway.kit import PUBLIC, QUICK, Client, Cut, Gateway, Start, Stub, Talk, bearer, eventually, get, post
from tests.pki import Authority, Pair


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def site(authority: Authority) -> Pair:
    return authority.issue("gateway", "localhost", "127.0.0.1")


def tls(*pairs: Pair, **more: object) -> ListenerTls:
    return ListenerTls(tuple(KeyPair(str(pair.cert), str(pair.key)) for pair in pairs), **more)  # type: ignore[arg-type]


@pytest.fixture
async def secure(start: Start, stub: Stub, site: Pair) -> Gateway:
    return await start(stub.endpoint(), tls=tls(site))


@asynccontextmanager
async def greeted(gateway: Gateway, context: ssl.SSLContext, name: str = "localhost") -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", gateway.port, limit=1 << 20, ssl=context, server_hostname=name, ssl_handshake_timeout=5
    )
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


async def test_requests_go_through_one_after_another_and_ahead_of_their_turn(
    secure: Gateway, stub: Stub, authority: Authority
) -> None:
    async with greeted(secure, authority.client()) as client:
        for _ in range(3):
            assert (await client.ask(get())).body == b"hello"
        await client.send(get("/a") + get("/b") + post(b"x" * 100, "/c"))
        assert [(await client.reply()).status for _ in range(3)] == [200, 200, 200]
    assert stub.asked[0].header("x-forwarded-proto") == "https"
    assert stub.asked[0].header("x-forwarded-client-cert") is None
    await eventually(lambda: not secure.plane.clients)


async def test_protocol_and_cipher_are_agreed_on(secure: Gateway, authority: Authority) -> None:
    context = authority.client()
    context.set_alpn_protocols(["h2", "http/1.1"])
    async with greeted(secure, context) as client:
        shaken = client.writer.get_extra_info("ssl_object")
        assert (shaken.version(), shaken.selected_alpn_protocol()) == ("TLSv1.3", "http/1.1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with greeted(secure, context) as client:
        assert client.writer.get_extra_info("cipher")[0].startswith("ECDHE-")


async def test_old_versions_and_weak_ciphers_are_refused(start: Start, site: Pair, authority: Authority) -> None:
    gateway = await start(tls=tls(site, min_version="1.3"))
    context = authority.client()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        async with greeted(gateway, context):
            pass
    gateway.view.use_spec(replace(gateway.view.spec, settings=replace(gateway.view.spec.settings, tls=tls(site))))
    async with greeted(gateway, context) as client:  # at once, without a restart
        assert (await client.ask(get("/health"))).status == 200
    context.set_ciphers("AES128-SHA")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        async with greeted(gateway, context):
            pass
    await eventually(lambda: sum(gateway.plane.stats.handshakes_failed.values()) == 2)


async def test_half_a_handshake_is_cut_off_and_holds_a_place_until_then(start: Start, site: Pair) -> None:
    gateway = await start(tls=tls(site), timeouts=replace(QUICK, header=0.5), max_connections=2)
    slow = [Client(*await asyncio.open_connection("127.0.0.1", gateway.port)) for _ in range(2)]
    await slow[0].send(b"\x16\x03\x01\x02\x00\x01")  # a record that never ends
    await eventually(lambda: len(gateway.plane.arriving) == 2)
    third = Client(*await asyncio.open_connection("127.0.0.1", gateway.port))
    assert await third.at_end()
    assert gateway.plane.stats.turned_away == 1
    for client in slow:
        assert await client.at_end()
    assert not gateway.plane.arriving
    assert gateway.plane.stats.handshakes_failed["timeout"] == 2
    for client in (*slow, third):
        client.leave()


async def test_who_leaves_during_the_handshake_leaves_nothing_behind(secure: Gateway) -> None:
    client = Client(*await asyncio.open_connection("127.0.0.1", secure.port))
    await eventually(lambda: secure.plane.arriving)
    client.leave()
    await eventually(lambda: not secure.plane.arriving)
    assert not secure.plane.clients


async def test_large_bodies_both_ways_arrive_whole(secure: Gateway, stub: Stub, authority: Authority) -> None:
    body = bytes(range(256)) * 20_000

    async def echo(talk: Talk) -> None:
        await talk.reply(talk.asked.body)

    stub.answer = echo
    async with greeted(secure, authority.client()) as client:
        sending = asyncio.create_task(client.send(post(body)))
        assert (await client.reply()).body == body
        await sending


async def test_a_client_that_does_not_read_holds_the_service_back(
    start: Start, stub: Stub, site: Pair, authority: Authority
) -> None:
    gateway = await start(stub.endpoint(), tls=tls(site))
    sent = 0

    async def flood(talk: Talk) -> None:
        nonlocal sent
        await talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        for _ in range(1000):
            await talk.send(piece)
            sent += 65536

    stub.answer = flood
    async with greeted(gateway, authority.client()) as client:
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]  # a reader that reads nothing at all
        await client.send(get())
        await eventually(lambda: [one for one in gateway.plane.clients if one.blocked])
        await asyncio.sleep(0.1)
        assert sent < 32 * 1024 * 1024
    await eventually(lambda: not gateway.plane.clients)


async def test_a_reply_that_cannot_be_finished_is_seen_to_break(
    secure: Gateway, stub: Stub, authority: Authority
) -> None:
    async def break_off(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        talk.writer.transport.abort()

    stub.answer = break_off
    async with greeted(secure, authority.client()) as client:
        await client.send(get())
        with pytest.raises(Cut):
            await client.reply()
    await eventually(lambda: not secure.plane.clients)


async def test_a_refusal_overtakes_a_body_that_is_still_coming(
    start: Start, stub: Stub, site: Pair, authority: Authority
) -> None:
    gateway = await start(stub.endpoint(), tls=tls(site), max_body_bytes=1000, timeouts=QUICK)
    async with greeted(gateway, authority.client()) as client:
        await client.send(get("/", b"Content-Length: 5000000\r\n", method="POST") + b"x" * 300_000)
        assert (await client.reply("POST")).status == 413
    await eventually(lambda: not gateway.plane.clients)


async def test_the_gateway_says_goodbye_before_it_closes(secure: Gateway, authority: Authority) -> None:
    async with greeted(secure, authority.client()) as client:
        assert (await client.ask(get("/", b"Connection: close\r\n"))).body == b"hello"
        assert await client.reader.read() == b""  # SSLEOFError without close_notify
    await eventually(lambda: not secure.plane.clients)


async def test_a_client_that_leaves_in_the_middle_is_noticed(secure: Gateway, stub: Stub, authority: Authority) -> None:
    gone = asyncio.Event()

    async def wait(talk: Talk) -> None:
        await talk.reader.read()
        gone.set()

    stub.answer = wait
    async with greeted(secure, authority.client()) as client:
        await client.send(get())
        await eventually(lambda: stub.asked)
    await asyncio.wait_for(gone.wait(), 5)
    await eventually(lambda: not secure.plane.clients)


async def test_renegotiation_is_not_for_clients(secure: Gateway, authority: Authority) -> None:
    context = secure.plane.tls.context if secure.plane.tls else None
    assert context is not None and context.options & ssl.OP_NO_RENEGOTIATION


async def test_a_drain_waits_for_a_handshake(secure: Gateway, authority: Authority) -> None:
    raw = socket.create_connection(("127.0.0.1", secure.port))
    raw.setblocking(False)
    await eventually(lambda: secure.plane.arriving)
    draining = asyncio.create_task(secure.plane.drain(secure.server.close))
    await eventually(lambda: secure.plane.draining)
    reader, writer = await asyncio.open_connection(sock=raw, ssl=authority.client(), server_hostname="localhost")
    client = Client(reader, writer)
    reply = await client.ask(get())
    assert (reply.status, reply.header("connection")) == (200, "close")
    assert await draining
    client.leave()


async def test_web_sockets_speak_tls_too(start: Start, site: Pair, authority: Authority) -> None:
    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with serve(echo, "127.0.0.1", 0) as server:
        there = Address("127.0.0.1", next(iter(server.sockets)).getsockname()[1])
        route = replace(PUBLIC, upgrade="websocket")
        gateway = await start(Endpoint("web", "web-1", there, "passing"), routes=(route,), tls=tls(site))
        uri = f"wss://localhost:{gateway.port}/"
        async with connect(uri, ssl=authority.client(), host="127.0.0.1", compression=None) as client:
            for size in (1, 100_000):
                await client.send("x" * size)
                assert await client.recv() == "x" * size
        assert client.close_code == 1000
        await eventually(lambda: not gateway.plane.clients)


# Client certificates.


@pytest.fixture
def people(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "people")


async def test_a_certificate_is_told_to_the_service_and_cannot_be_forged(
    start: Start, stub: Stub, site: Pair, authority: Authority, people: Authority
) -> None:
    gateway = await start(stub.endpoint(), tls=tls(site, client_ca=str(people.cert), client_auth="optional"))
    ana = people.issue("ana", "ana.example.org", organization="user", uri="spiffe://example.org/ana")
    forged = b"X-Forwarded-Client-Cert: Subject=root\r\n"
    async with greeted(gateway, authority.client(ana)) as client:
        assert (await client.ask(get("/", forged))).status == 200
    async with greeted(gateway, authority.client()) as client:
        assert (await client.ask(get("/", forged))).status == 200
    told = stub.asked[0].header("x-forwarded-client-cert")
    assert told is not None
    assert told.endswith(';Subject="O=user,CN=ana";URI=spiffe://example.org/ana;DNS=ana.example.org')
    assert stub.asked[1].header("x-forwarded-client-cert") is None


async def test_whoever_shows_no_good_certificate_stays_outside(
    start: Start, stub: Stub, site: Pair, authority: Authority, people: Authority
) -> None:
    gateway = await start(stub.endpoint(), tls=tls(site, client_ca=str(people.cert), client_auth="required"))
    expired = people.issue("old", ends=-datetime.timedelta(hours=1))
    stranger = authority.issue("stranger")
    for pair in (None, expired, stranger):
        # In TLS 1.3 a client has finished before the server has looked: it learns of it from its first read.
        with pytest.raises((ssl.SSLError, ConnectionError, Cut)):
            async with greeted(gateway, authority.client(pair)) as client:
                await client.ask(get())
    assert stub.asked == []
    async with greeted(gateway, authority.client(people.issue("ana"))) as client:
        assert (await client.ask(get())).status == 200
    assert gateway.plane.stats.handshakes_failed["certificate_refused"] == 2


async def test_a_certificate_may_say_who_asks(
    start: Start, stub: Stub, site: Pair, authority: Authority, people: Authority
) -> None:
    asked = tls(site, client_ca=str(people.cert), client_auth="optional")
    route = Route("web", "web", "/", roles=("user",))
    gateway = await start(stub.endpoint(), routes=(route,), tls=asked, mtls=True)
    ana, bob = people.issue("ana", organization="user"), people.issue("bob", organization="guest")
    async with greeted(gateway, authority.client(ana)) as client:
        assert [(await client.ask(get())).status for _ in range(2)] == [200, 200]
        assert (await client.ask(get("/", bearer("guest")))).status == 403  # a token says more
        gateway.view.access.revoked.replace([Revocation("subject", "cert:ana", int(time.time()))])
        gateway.view._authenticator.forget()
        (await client.ask(get())).problem(401, "unauthenticated")
    async with greeted(gateway, authority.client(bob)) as client:
        (await client.ask(get())).problem(403, "forbidden")
    async with greeted(gateway, authority.client()) as client:
        (await client.ask(get())).problem(401, "unauthenticated")
    assert [line["principal"] for line in gateway.lines()][:2] == ["cert:ana", "cert:ana"]


async def test_without_the_key_a_certificate_says_nothing(
    start: Start, stub: Stub, site: Pair, authority: Authority, people: Authority
) -> None:
    asked = tls(site, client_ca=str(people.cert), client_auth="required")
    gateway = await start(stub.endpoint(), routes=(Route("web", "web", "/"),), tls=asked)
    async with greeted(gateway, authority.client(people.issue("ana"))) as client:
        (await client.ask(get())).problem(401, "unauthenticated")


# Files that change.


async def test_several_certificates_are_told_apart_by_name(start: Start, site: Pair, authority: Authority) -> None:
    other, wild = authority.issue("other", "other.example"), authority.issue("wild", "*.wild.example")
    gateway = await start(tls=tls(site, other, wild))
    for name in ("other.example", "a.wild.example", "localhost"):
        async with greeted(gateway, authority.client(), name) as client:
            assert (await client.ask(get("/health"))).status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        async with greeted(gateway, authority.client(), "a.b.wild.example"):
            pass


async def test_a_drain_has_a_deadline_for_handshakes(start: Start, site: Pair) -> None:
    gateway = await start(tls=tls(site), timeouts=Timeouts(header=0.2, drain=0.2))
    client = Client(*await asyncio.open_connection("127.0.0.1", gateway.port))
    await eventually(lambda: gateway.plane.arriving)
    assert await asyncio.wait_for(gateway.plane.drain(gateway.server.close), 5)
    client.leave()
