"""gateway.dispatch: what the upstream is sent."""

from __future__ import annotations

import pytest

from arena.model.address import Address
from arena.model.route import Route
from arena.model.snapshot import Endpoint
from tests.gateway.kit import QUICK, Client, Start, Stub, connected, eventually, get, post


async def test_what_the_upstream_is_sent(client: Client, stub: Stub) -> None:
    request = get(
        "/a?b=c",
        b"User-Agent: test\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n",
        b"Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nAccept: a\r\nAccept: b\r\n",
    )
    reply = await client.ask(request)
    (asked,) = stub.asked
    assert asked.header("host") == f"127.0.0.1:{stub.port}"
    assert asked.header("x-forwarded-for") == "127.0.0.1"
    assert asked.header("x-forwarded-proto") == "http"
    assert asked.header("x-forwarded-host") == "gw.example"
    assert asked.header("via") == "1.1 arena"
    assert asked.header("user-agent") == "test"
    assert [value for name, value in asked.headers if name == "accept"] == ["a", "b"]
    assert not {"connection", "te", "x-hop", "content-length", "transfer-encoding"} & {
        name for name, _ in asked.headers
    }
    assert asked.header("x-request-id") == reply.header("x-request-id")
    assert asked.header("traceparent") == reply.header("traceparent")


async def test_proxies_before_us_are_named_before_us(client: Client, stub: Stub) -> None:
    await client.ask(get("/", b"Via: 1.1 edge\r\n"))
    assert [value for name, value in stub.asked[0].headers if name == "via"] == ["1.1 edge", "1.1 arena"]


async def test_via_says_in_which_version_the_request_came(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    for version in ("1.0", "1.1", "1.0"):
        async with connected(gateway) as client:
            request = get("/", b"Via: 1.0 fred\r\n").replace(b"HTTP/1.1", f"HTTP/{version}".encode())
            await client.ask(request)
        told = [value for name, value in stub.asked[-1].headers if name == "via"]
        assert told == ["1.0 fred", f"{version} arena"]


async def test_a_body_with_a_length_keeps_it(client: Client, stub: Stub) -> None:
    assert (await client.ask(post(b"x" * 100_000))).status == 200
    assert (stub.asked[0].header("content-length"), stub.asked[0].body) == ("100000", b"x" * 100_000)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_chunked_body_stays_chunked(client: Client, stub: Stub, whole: bool) -> None:
    head = get("/", b"Transfer-Encoding: chunked\r\n", method="POST")
    body = b"5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"
    await client.send(head + body if whole else head)
    if not whole:
        await eventually(lambda: stub.connections)
        await client.send(body)
    assert (await client.reply()).status == 200
    assert (stub.asked[0].header("transfer-encoding"), stub.asked[0].body) == ("chunked", b"hello world")
    assert b"X-Trailer" not in stub.asked[0].raw


async def test_an_empty_post_says_so(client: Client, stub: Stub) -> None:
    assert (await client.ask(get(method="POST"))).status == 200
    assert stub.asked[0].header("content-length") == "0"


async def test_a_base_path_goes_before_the_requests_own(start: Start, stub: Stub) -> None:
    endpoint = Endpoint("web", "web-1", Address("127.0.0.1", stub.port, path="/base"), "passing")
    gateway = await start(endpoint, routes=(Route("web", "web", "/api", strip_path=True, auth="none"),))
    async with connected(gateway) as client:
        assert (await client.ask(get("/api/v1?x=/../y"))).status == 200
        assert (await client.ask(get("/api"))).status == 200
    assert [asked.target for asked in stub.asked] == ["/base/v1?x=/../y", "/base/"]
    assert stub.asked[0].header("x-forwarded-prefix") == "/api"


async def test_a_client_that_leaves_while_a_connection_is_made_leaves_it_to_the_next(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), timeouts=QUICK)
    async with connected(gateway) as client:
        await client.send(get())
        client.leave()
    await eventually(lambda: gateway.plane.stats.in_flight == 0 and gateway.lines())
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 200
    assert stub.connections <= 2
