"""gateway.answer: the gateway's own answers, on the connection."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from time import time

import pytest

from arena.gateway.refusal import Reply
from tests.gateway.kit import Client, Gateway, Start, Stub, connected, get, post


async def test_every_reply_carries_its_identity(start: Start) -> None:
    gateway = await start(routes=())
    async with connected(gateway) as client:
        for request in (get("/health"), get("/none"), b"junk\r\n\r\n"):
            reply = await client.ask(request, "GET")
            assert re.fullmatch(r"[0-9a-f]{32}", reply.header("x-request-id") or "")
            assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", reply.header("traceparent") or "")


@pytest.mark.parametrize(
    ("request_", "kept"),
    [
        (get("/none"), True),
        (get("/none", method="HEAD"), True),
        (post(b"whole body", "/none"), True),
        (get("/none", b"Connection: close\r\n"), False),
        (b"GET /none HTTP/1.0\r\n\r\n", False),
        (b"GET /none HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
        (get("/none", b"Content-Length: 1000000\r\n", method="POST"), False),
        (get("/none", b"Transfer-Encoding: chunked\r\n", method="POST"), False),
    ],
)
async def test_a_refusal_keeps_the_connection_where_that_is_safe(start: Start, request_: bytes, kept: bool) -> None:
    gateway = await start(routes=())
    async with connected(gateway) as client:
        reply = await client.ask(request_)
        assert reply.status == 404
        assert reply.header("connection") == (
            None if kept and b"1.1" in request_ else "keep-alive" if kept else "close"
        )
        if kept:
            assert (await client.ask(get("/health"))).status == 200
        else:
            assert await client.at_end()


async def test_a_refusal_of_head_has_no_body(start: Start) -> None:
    gateway = await start(routes=())
    async with connected(gateway) as client:
        reply = await client.ask(get("/none", method="HEAD"))
        assert (reply.status, reply.body, reply.header("content-type")) == (404, b"", "application/problem+json")
        assert int(reply.header("content-length") or 0) > 0

    assert (await gateway.line())["bytes_out"] == 0


async def test_every_answer_says_when_it_was_made(start: Start) -> None:
    gateway = await start(routes=())
    async with connected(gateway) as client:
        for request in (get("/health"), get("/none"), b"junk\r\n\r\n"):
            told = (await client.ask(request, "GET")).header("date")
            assert abs(parsedate_to_datetime(told or "").timestamp() - time()) < 5


async def test_pages_are_not_for_caches(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    async with connected(gateway) as client:
        assert (await client.ask(get("/health"))).header("cache-control") == "no-store"


async def test_a_given_reply_is_the_services_to_client_and_log(gateway: Gateway, client: Client) -> None:
    given = Reply(200, (b"content-type: text/plain", b"age: 3"), b"kept")
    gateway.filter(lambda x: given)
    for method, body in (("GET", b"kept"), ("HEAD", b"")):
        reply = await client.ask(get(method=method))
        assert (reply.status, reply.body, reply.header("content-length")) == (200, body, "4")
        assert reply.header("age") == "3" and reply.header("x-request-id")
    lines = gateway.lines()
    assert [(line["outcome"], line["instance"], line["bytes_out"]) for line in lines] == [
        ("served", None, 4),
        ("served", None, 0),
    ]


@pytest.mark.parametrize("status", [204, 304])
async def test_a_given_reply_without_a_body_has_none(gateway: Gateway, client: Client, status: int) -> None:
    gateway.filter(lambda x: Reply(status, (b'etag: "a"',), b"ignored"))
    for _ in range(2):
        reply = await client.ask(get())
        assert (reply.status, reply.body, reply.header("content-length")) == (status, b"", None)
