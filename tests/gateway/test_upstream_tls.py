"""Upstreams that speak TLS: believed for good reasons, or not spoken to; and mistakes explained."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena.health.trust import trust
from arena.model.address import Address
from arena.model.resilience import Retries
from arena.model.snapshot import Endpoint
from arena.model.tls import UpstreamTls
from arena.model.traffic import Traffic
from tests.gateway.kit import Gateway, Start, Stub, Talk, connected, get
from tests.pki import Authority, Pair


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def site(authority: Authority) -> Pair:
    return authority.issue("stub", "127.0.0.1", "web.example")


@pytest.fixture
async def secure(stub: Stub, site: Pair) -> Stub:
    """The stub, started again behind TLS."""
    return await behind(stub, site.context())


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    trust.cache_clear()
    yield
    trust.cache_clear()


async def behind(stub: Stub, context: ssl.SSLContext) -> Stub:
    await stub.stop()
    stub.tls = context
    await stub.start()
    return stub


def endpoint(stub: Stub, scheme: str = "https") -> Endpoint:
    return Endpoint("web", "web-1", Address("127.0.0.1", stub.port, scheme), "passing")


def by(tls: UpstreamTls) -> Traffic:
    return Traffic(tls=tls, retries=Retries(attempts=1))


async def asked(gateway: Gateway) -> str:
    """What a request comes to: "200", or the detail of a 502."""
    async with connected(gateway) as client:
        reply = await client.ask(get())
        return "200" if reply.status == 200 else str(reply.problem(502, "upstream-failed")["detail"])


async def test_the_systems_authorities_are_believed(
    start: Start, secure: Stub, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.cert))
    gateway = await start(endpoint(secure))
    async with connected(gateway) as client:
        for _ in range(3):
            assert (await client.ask(get())).body == b"hello"
    assert secure.connections == 1


async def test_an_authority_of_ones_own(start: Start, secure: Stub, authority: Authority) -> None:
    gateway = await start(endpoint(secure), traffic=by(UpstreamTls(ca=str(authority.cert))))
    assert await asked(gateway) == "200"


async def test_a_server_nobody_vouches_for_is_502(start: Start, secure: Stub, tmp_path: Path) -> None:
    for settings in (UpstreamTls(), UpstreamTls(ca=str(Authority(tmp_path, "other").cert))):
        gateway = await start(endpoint(secure), traffic=by(settings))
        assert "its certificate is not believed: unable to get local issuer certificate" in await asked(gateway)
    assert secure.asked == []
    gateway = await start(endpoint(secure), traffic=by(UpstreamTls(verify=False)))
    assert await asked(gateway) == "200"


async def test_the_name_must_be_right_and_may_be_another_than_the_address(
    start: Start, secure: Stub, authority: Authority
) -> None:
    ca = str(authority.cert)
    gateway = await start(endpoint(secure), traffic=by(UpstreamTls(ca=ca, server_name="web.example")))
    assert await asked(gateway) == "200"
    gateway = await start(endpoint(secure), traffic=by(UpstreamTls(ca=ca, server_name="other.example")))
    assert "Hostname mismatch" in await asked(gateway)


async def test_a_service_may_ask_for_our_certificate(
    start: Start, stub: Stub, site: Pair, authority: Authority
) -> None:
    context = site.context(authority.cert)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # in 1.3 a client hears of it after its first request
    await behind(stub, context)
    gateway = await start(endpoint(stub), traffic=by(UpstreamTls(ca=str(authority.cert))))
    assert "could not be connected to" in await asked(gateway)
    ours = authority.issue("gateway")
    settings = UpstreamTls(str(authority.cert), str(ours.cert), str(ours.key))
    gateway = await start(endpoint(stub), traffic=by(settings))
    assert await asked(gateway) == "200"


async def test_files_that_cannot_be_used_are_told(start: Start, secure: Stub, tmp_path: Path) -> None:
    gateway = await start(endpoint(secure), traffic=by(UpstreamTls(ca=str(tmp_path / "nowhere.pem"))))
    assert "its TLS files cannot be used: no such file" in await asked(gateway)


async def test_https_to_a_port_that_speaks_http_is_explained(start: Start) -> None:
    async def puzzled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(puzzled, "127.0.0.1", 0) as server:
        there = Address("127.0.0.1", server.sockets[0].getsockname()[1], "https")
        gateway = await start(Endpoint("web", "web-1", there, "passing"), traffic=by(UpstreamTls(verify=False)))
        assert "it does not speak TLS; is its url http:// and not https://?" in await asked(gateway)


async def test_http_to_a_port_that_speaks_tls_is_explained(start: Start, stub: Stub) -> None:
    async def alert(talk: Talk) -> None:
        await talk.send(b"\x15\x03\x01\x00\x02\x02\x46")

    stub.answer = alert
    gateway = await start(endpoint(stub, "http"), traffic=by(UpstreamTls()))
    assert "it speaks TLS; is its url https:// and not http://?" in await asked(gateway)
