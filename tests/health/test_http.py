import pytest

from arena.health import http
from arena.health.probe import ProbeResult, ask
from arena.model.address import Address
from arena.model.service import Probe

QUICK = Probe(http="/health", timeout=0.3)


def reply(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("raw", "ok", "detail"),
    [
        (reply("200 OK", b"fine"), True, "GET /health: 200"),
        (reply("204 No Content"), True, "GET /health: 204"),
        (reply("302 Found", b"", "location: http://127.0.0.1:1/"), True, "GET /health: 302"),
        (reply("404 Not Found"), False, "GET /health: 404"),
        (reply("503 Busy", b"no"), False, "GET /health: 503"),
        (b"", False, "no answer within 0.3 s"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nstay", False, "no answer within 0.3 s"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n", False, "no answer within 0.3 s"),
        (b"SSH-2.0-OpenSSH_9\r\n", False, "GET /health: not a whole HTTP answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", False, "GET /health: not a whole HTTP answer"),
        (b"HTTP/1.1 999999 What\r\n\r\n", False, "GET /health: not a whole HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n", False, "GET /health: not a whole HTTP answer"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_an_answer_is_judged(server, raw: bytes, ok: bool, detail: str) -> None:
    server.replies = [raw]
    result = await ask(QUICK, server.address)
    assert (result.ok, result.detail[: len(detail)]) == (ok, detail)
    assert 0 < result.seconds < 2


async def test_a_body_without_end_is_not_waited_for(server) -> None:
    server.replies = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8000\r\n" + b"x" * 0x8000 + b"\r\n"]
    assert (await ask(QUICK, server.address)).ok


async def test_nobody_listens(server) -> None:
    await server.stop()
    result = await ask(QUICK, server.address)
    assert result == ProbeResult(False, f"connection refused on {server.address.authority}", result.seconds)


async def test_an_unknown_host_is_named() -> None:
    result = await ask(Probe(http="/", timeout=5), Address("no-such-host.invalid", 80))
    assert result.detail == "no such host: no-such-host.invalid"


async def test_tls_asked_of_a_plain_server(server) -> None:
    result = await ask(QUICK, Address("127.0.0.1", server.address.port, "https"))
    assert (result.ok, result.detail) == (False, "no answer within 0.3 s")


async def test_a_base_path_comes_first_and_proxies_are_ignored(server, monkeypatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    await ask(QUICK, Address("127.0.0.1", server.address.port, path="/base"))
    assert server.heads[0].startswith(b"GET /base/health HTTP/1.1\r\n")


async def test_a_shared_client_opens_a_connection_each_time(server) -> None:
    async with http.open_client() as client:
        for _ in range(2):
            assert (await ask(QUICK, server.address, client=client)).ok
    assert len(server.heads) == 2
