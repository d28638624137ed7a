"""gateway.cache: requests for a part of what is kept whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arena.model.route import Route
from arena.model.transform import BodyEdit, Edit, Pair, StatusChange, Transform
from tests.gateway.cache.kit import OPEN, origin, ruled, said
from tests.gateway.kit import Start, Stub, Talk, connected, get

BODY = b"".join(b"%04d" % number for number in range(256))


def part(value: str, *lines: str, method: str = "GET") -> bytes:
    return get("/", "".join(f"{line}\r\n" for line in (f"Range: {value}", *lines)).encode("latin-1"), method=method)


@pytest.mark.parametrize(
    ("value", "found"), [("bytes=0-99", BODY[:100]), ("bytes=1000-", BODY[1000:]), ("bytes=-3", BODY[-3:])]
)
async def test_a_part_of_what_is_kept(start: Start, stub: Stub, value: str, found: bytes) -> None:
    service = origin(stub, body=BODY, etag='"a"')
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        await client.ask(get("/"))
        reply = await client.ask(part(value))
        first = BODY.find(found)
        assert (reply.status, reply.body) == (206, found)
        assert reply.header("content-range") == f"bytes {first}-{first + len(found) - 1}/{len(BODY)}"
        assert reply.header("content-length") == str(len(found))
        assert (reply.header("etag"), said(reply)[:3], reply.header("age")) == ('"a"', "hit", "0")
        whole = await client.ask(get("/"))
        assert (whole.status, whole.body, whole.header("content-range")) == (200, BODY, None)
    assert service.count == 1


async def test_beyond_the_end(start: Start, stub: Stub) -> None:
    origin(stub, body=BODY)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        await client.ask(get("/"))
        for value in ("bytes=1024-", "bytes=-0"):
            reply = await client.ask(part(value))
            reply.problem(416, "range-not-satisfiable")
            assert reply.header("content-range") == "bytes */1024"


async def test_conditions_go_first_and_another_whole_is_given_whole(start: Start, stub: Stub) -> None:
    origin(stub, body=BODY, etag='"a"')
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        await client.ask(get("/"))
        assert (await client.ask(part("bytes=0-1", 'If-None-Match: "a"'))).status == 304
        assert (await client.ask(part("bytes=0-1", 'If-None-Match: "b"'))).status == 206
        assert (await client.ask(part("bytes=0-1", 'If-Range: "a"'))).body == BODY[:2]
        other = await client.ask(part("bytes=0-1", 'If-Range: "b"'))
        assert (other.status, other.body, other.header("content-range")) == (200, BODY, None)
        assert (await client.ask(part("bytes=9999-", 'If-Range: "b"'))).status == 200


async def test_what_is_left_to_the_service(start: Start, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        if talk.asked.header("range"):
            await talk.reply(
                BODY[:2], "206 Partial Content", "cache-control: max-age=60\r\ncontent-range: bytes 0-1/9\r\n"
            )
        else:
            await talk.reply(BODY, headers="cache-control: max-age=60\r\n")

    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        reply = await client.ask(part("bytes=0-1"))  # nothing is kept yet, and a part is not
        assert (reply.status, said(reply)) == (206, "fwd=bypass")
        assert said(await client.ask(get("/"))).startswith("fwd=miss")
        for request in (
            part("bytes=0-1,4-5"),
            part("items=0-1"),
            part("bytes=5-1"),
            part("bytes=0-1", "If-Match: *"),
            part("bytes=0-1", "Cache-Control: no-cache"),
            part("bytes=0-1", method="HEAD"),
            get("/", b'If-Range: "a"\r\n'),
        ):
            count = len(stub.asked)
            assert said(await client.ask(request)) == "fwd=bypass"
            assert len(stub.asked) == count + 1
        assert (await client.ask(get("/"))).body == BODY


async def test_a_stale_reply_is_not_cut(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=0\r\n", body=BODY)
    gateway = await start(stub.endpoint(), routes=(ruled(stale_while_revalidate=60.0),))
    async with connected(gateway) as client:
        await client.ask(get("/"))
        assert said(await client.ask(part("bytes=0-1"))) == "fwd=bypass"
    assert service.seen[-1].header("range") == "bytes=0-1"


async def test_what_the_route_changes(start: Start, stub: Stub) -> None:
    origin(stub, "cache-control: max-age=60\r\ncontent-type: application/json\r\n", body=b'{"a": 1}')
    headers = replace(OPEN, transform=Transform(response=Edit(set=(Pair("x-a", "b"),))))
    body = replace(
        Route("body", "web", "/body", auth="none", cache=OPEN.cache),
        transform=Transform(response_body=BodyEdit(set=(Pair("/b", "2"),))),
    )
    status = replace(
        Route("status", "web", "/status", auth="none", cache=OPEN.cache),
        transform=Transform(statuses=(StatusChange(200, 203),)),
    )
    gateway = await start(stub.endpoint(), routes=(headers, body, status))
    async with connected(gateway) as client:
        await client.ask(get("/"))
        reply = await client.ask(part("bytes=0-1"))
        assert (reply.status, reply.body, reply.header("x-a")) == (206, b'{"', "b")
        line = b"Range: bytes=0-1\r\n"
        await client.ask(get("/body"))
        reply = await client.ask(get("/body", line))
        assert (reply.status, reply.json) == (200, {"a": 1, "b": 2}), "the bytes that were counted are others"
        await client.ask(get("/status"))
        assert ((await client.ask(get("/status", line))).status) == 203
