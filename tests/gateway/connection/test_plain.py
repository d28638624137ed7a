"""gateway.plain: plain HTTP where TLS is spoken, through a whole gateway."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from arena.gateway.connection import plain
from arena.model.tls import KeyPair, ListenerTls
from tests.gateway.kit import QUICK, Client, Gateway, Start, Stub, eventually, get, post
from tests.pki import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls(authority: Authority) -> ListenerTls:
    site = authority.issue("gateway", "localhost", "127.0.0.1")
    return ListenerTls((KeyPair(str(site.cert), str(site.key)),))


@pytest.fixture
async def secure(start: Start, stub: Stub, tls: ListenerTls) -> Gateway:
    return await start(stub.endpoint(), tls=tls)


async def plainly(gateway: Gateway) -> Client:
    return Client(*await asyncio.open_connection("127.0.0.1", gateway.port))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_it_is_told_where_it_is(secure: Gateway, stub: Stub, method: str) -> None:
    client = await plainly(secure)
    await client.send(get("/x", method=method))
    reply = await client.reply(method)
    assert (reply.status, reply.header("content-type")) == (400, "text/plain; charset=utf-8")
    assert reply.body.startswith(b"The plain HTTP request was sent to HTTPS port")
    assert (reply.header("connection"), bool(reply.header("date"))) == ("close", True)
    assert await client.at_end()
    client.leave()
    await eventually(lambda: not secure.plane.arriving)
    assert secure.plane.stats.handshakes_failed == {"http_request": 1}
    assert stub.asked == []


async def test_a_head_has_no_body(secure: Gateway) -> None:
    client = await plainly(secure)
    await client.send(get(method="HEAD"))
    raw = await client.rest()
    assert raw.startswith(b"HTTP/1.1 400 ") and raw.endswith(b"\r\n\r\n")
    client.leave()


async def test_the_answer_overtakes_a_body_that_is_still_coming(secure: Gateway) -> None:
    client = await plainly(secure)
    await client.send(post(b"x" * 1_000_000)[:900_000])
    assert (await client.reply("POST")).status == 400
    client.leave()
    await eventually(lambda: not secure.plane.arriving)


@pytest.mark.parametrize(
    "first", [b"GE", b"get / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n", b"\x00\x00", b"GETTING \r\n\r\n"]
)
async def test_what_is_not_clearly_http_gets_no_answer(start: Start, tls: ListenerTls, first: bytes) -> None:
    gateway = await start(tls=tls, timeouts=replace(QUICK, header=0.5))
    client = await plainly(gateway)
    await client.send(first)
    assert not (await client.rest()).startswith(b"HTTP")
    client.leave()
    await eventually(lambda: sum(gateway.plane.stats.handshakes_failed.values()) == 1)


async def test_who_says_nothing_holds_a_place_until_it_is_cut_off(start: Start, tls: ListenerTls) -> None:
    gateway = await start(tls=tls, timeouts=replace(QUICK, header=0.3))
    silent, left = await plainly(gateway), await plainly(gateway)
    await eventually(lambda: len(gateway.plane.arriving) == 2)
    left.leave()
    assert await silent.at_end()
    silent.leave()
    await eventually(lambda: not gateway.plane.arriving)
    assert gateway.plane.stats.handshakes_failed == {"timeout": 1, "connection_lost": 1}


async def test_who_does_not_listen_is_left_after_a_while(secure: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.gateway.connection.arrival.LINGER_SECONDS", 0.1)
    client = await plainly(secure)
    await client.send(get())
    assert (await client.reply()).status == 400
    await eventually(lambda: not secure.plane.arriving)  # although it keeps its side open
    client.leave()


@pytest.mark.parametrize("pause", [0.0, 0.05])
async def test_clients_that_speak_tls_notice_nothing(secure: Gateway, authority: Authority, pause: float) -> None:
    """Whether their first bytes are there when they are accepted or come later."""
    client = await plainly(secure)
    await asyncio.sleep(pause)
    await client.writer.start_tls(authority.client(), server_hostname="localhost")
    assert (await client.ask(get())).body == b"hello"
    client.leave()
    await eventually(lambda: not secure.plane.clients)
    assert secure.plane.stats.handshakes_failed == {}


def test_no_method_begins_as_tls_does() -> None:
    assert not any(method.startswith(b"\x16") for method in plain._METHODS)
