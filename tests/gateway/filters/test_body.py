"""gateway.filters.body: JSON bodies changed on their way, and never passed on when they cannot be."""

from __future__ import annotations

import gzip
import json

import pytest

from arena.model.route import Route
from arena.model.transform import BodyEdit, Pair, Transform
from tests.gateway.kit import Start, Stub, Talk, bearer, connected, get, post

JSON = b"Content-Type: application/json\r\n"
REQUEST = BodyEdit((Pair("/user", '"${principal.sub}"'), Pair("/n", "1.5")), ("/admin",), (Pair("/old", "/new"),), 1000)
RESPONSE = BodyEdit((), ("/secret",), (), 1000)
IN = Route("web", "web", "/", transform=Transform(request_body=REQUEST))
OUT = Route("web", "web", "/", auth="none", transform=Transform(response_body=RESPONSE))


async def test_a_request_is_changed_before_the_service_gets_it(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(IN,))
    body = b'{"old": 1.10, "admin": true, "user": "forged", "keep": 12345678901234567890.10}'
    async with connected(gateway) as client:
        digest = b"Digest: sha-256=x\r\n"
        assert (await client.ask(post(body, "/", JSON, bearer(sub="ana"), digest))).status == 200
        await client.send(get("/", JSON, bearer(sub="ana"), b"Transfer-Encoding: chunked\r\n", method="POST"))
        await client.send(b"1\r\n{\r\n")
        await client.send(b"1\r\n}\r\n0\r\n\r\n")
        assert (await client.reply("POST")).status == 200
    first, second = stub.asked
    assert first.body == b'{"user":"ana","keep":12345678901234567890.10,"new":1.10,"n":1.5}'
    assert first.header("content-length") == str(len(first.body)) and first.header("digest") is None
    assert json.loads(second.body) == {"user": "ana", "n": 1.5}


async def test_a_request_without_a_body_stays_without_one(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(IN,))
    async with connected(gateway) as client:
        assert (await client.ask(get("/", bearer()))).status == 200
        assert (await client.ask(post(b"", "/", bearer()))).status == 200
    assert [one.body for one in stub.asked] == [b"", b""]


@pytest.mark.parametrize(
    ("body", "line", "problem"),
    [
        (b'{"admin":1', JSON, (400, "bad-request")),
        (b'{"admin":1,"admin":1}', JSON, (400, "bad-request")),
        (b'{"a":NaN}', JSON, (400, "bad-request")),
        (b"[" * 900, JSON, (400, "bad-request")),
        (b'"text"', JSON, (400, "bad-request")),
        (b'{"admin":1}', b"", (415, "unsupported-media-type")),
        (b'{"admin":1}', b"Content-Type: text/plain\r\n", (415, "unsupported-media-type")),
        (b'{"admin":1}', JSON + b"Content-Type: text/plain\r\n", (415, "unsupported-media-type")),
        (gzip.compress(b'{"admin":1}', mtime=0), JSON + b"Content-Encoding: gzip\r\n", (415, "unsupported-media-type")),
        (b'{"a":"%b"}' % (b"x" * 1000), JSON, (413, "body-too-large")),
    ],
)
async def test_what_cannot_be_changed_never_reaches_the_service(
    start: Start, stub: Stub, body: bytes, line: bytes, problem: tuple[int, str]
) -> None:
    gateway = await start(stub.endpoint(), routes=(IN,))
    async with connected(gateway) as client:
        (await client.ask(post(body, "/", line, bearer()))).problem(*problem)
    assert stub.asked == [] and gateway.plane.stats.in_flight == 0


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/LD+JSON", "application/problem+json"])
async def test_a_reply_is_changed_before_the_client_gets_it(start: Start, stub: Stub, kind: str) -> None:
    async def answer(talk: Talk) -> None:
        await talk.reply(b'{"secret": "s3cr3t", "n": 1.10}', headers=f"content-type: {kind}\r\nDigest: x\r\n")

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(OUT,))
    async with connected(gateway) as client:
        reply = await client.ask(get("/", b"Accept-Encoding: gzip\r\nRange: bytes=1-\r\n"))
        head = await client.ask(get("/", method="HEAD"), "HEAD")
    assert (reply.body, reply.header("content-length"), reply.header("digest")) == (b'{"n":1.10}', "10", None)
    assert head.body == b"" and head.header("content-length") is None
    assert stub.asked[0].header("accept-encoding") == "identity" and stub.asked[0].header("range") is None


async def test_pieces_and_errors_are_changed_too(start: Start, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        head = b"HTTP/1.1 500 Oh\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        await talk.send(head + b'9\r\n{"secret"\r\n')
        await talk.send(b"3\r\n:1}\r\n0\r\n\r\n")

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(OUT,))
    async with connected(gateway) as client:
        for _ in range(2):
            reply = await client.ask(get())
            assert (reply.status, reply.body, reply.header("transfer-encoding")) == (500, b"{}", None)


@pytest.mark.parametrize(
    ("body", "headers", "why"),
    [
        (b'{"secret":1', "content-type: application/json\r\n", "line 1"),
        (b'{"secret":1}', "content-type: application/json\r\ncontent-encoding: gzip\r\n", "compressed"),
        (b"data: {}\n\n", "content-type: text/event-stream\r\n", "stream"),
        (b"{}\n{}\n", "content-type: application/x-ndjson\r\n", "stream"),
        (b"not json", "", "Expecting value"),
        (b'{"a":"%b"}' % (b"x" * 1000), "content-type: application/json\r\n", "longer than the 1000 bytes"),
    ],
)
async def test_a_reply_that_cannot_be_changed_is_502(
    start: Start, stub: Stub, body: bytes, headers: str, why: str
) -> None:
    async def answer(talk: Talk) -> None:
        await talk.reply(body, headers=headers)

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(OUT,))
    async with connected(gateway) as client:
        reply = await client.ask(get())
    assert why in str(reply.problem(502, "upstream-failed")["detail"])
    assert b"secret" not in reply.body


async def test_a_stream_that_never_ends_is_refused_at_once(start: Start, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        await talk.reader.read(1)

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(OUT,))
    async with connected(gateway) as client:
        (await client.ask(get())).problem(502, "upstream-failed")
    assert gateway.plane.stats.in_flight == 0


async def test_other_types_and_empty_bodies_pass(start: Start, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        if talk.asked.target == "/html":
            await talk.reply(b"<p>", headers="content-type: text/html\r\ncontent-encoding: x\r\n")
        elif talk.asked.target == "/empty":
            await talk.reply(b"", headers="content-type: application/json\r\n")
        else:
            await talk.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(OUT,))
    async with connected(gateway) as client:
        assert (await client.ask(get("/html"))).body == b"<p>"
        assert (await client.ask(get("/empty"))).body == b""
        assert (await client.ask(get("/204"))).status == 204


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_an_ordinary_route_passes_codings_through_untouched(start: Start, stub: Stub, coding: str) -> None:
    packed = bytes(range(256)) * 500

    async def answer(talk: Talk) -> None:
        assert talk.asked.header("accept-encoding") == f"{coding}, identity;q=0.5"
        await talk.reply(
            packed, headers=f"content-type: application/json\r\ncontent-encoding: {coding}\r\nvary: Accept-Encoding\r\n"
        )

    stub.answer = answer
    gateway = await start(stub.endpoint())
    async with connected(gateway) as client:
        line = f"Accept-Encoding: {coding}, identity;q=0.5\r\nContent-Encoding: {coding}\r\n".encode()
        reply = await client.ask(post(packed, "/", line))
    assert (reply.body, reply.header("content-encoding")) == (packed, coding)
    assert (stub.asked[0].body, stub.asked[0].header("content-encoding")) == (packed, coding)
