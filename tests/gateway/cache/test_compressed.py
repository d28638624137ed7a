"""gateway.cache: brotli, zstd and gzip pass by untouched, and each caller gets the coding that was asked for.

The bytes are what the `brotli`, `zstandard` and `gzip` packages made of one JSON text.
"""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from arena.model.transform import BodyEdit, Edit, Pair, Transform
from tests.gateway.cache.kit import OPEN, ruled, said
from tests.gateway.kit import PUBLIC, Start, Stub, Talk, connected, get

PACKED = {
    "br": base64.b64decode(
        "G84EaJ0Fdiw2MqDlxRw6fHOESk8dsj2NTsmfC1m3iJt9XSwFIsL/85zszMb437UNNbACSiBJrCpgJgtSZF7/3/l9FXxeOR75gCfIJbWi18yG"
        "tcXe5uxwd3l7fwk/BDO0Ijt2ElfKnfZkvFnf3q1wEczQiuzYSVwpd9qT8WZ9e7fGxTBDK7JjJ3Gl3GlPxpv1nfcc"
    ),
    "zstd": base64.b64decode(
        "KLUv/WDPA60EAGKHFRGgPdFP8Ovzv3ptKSnhnlXNEzPNYEwphPy7dzPvqg4ebEwphPy7dzPvqo4da0wphPy7dzPvqqoaUwoh/+7dzLuqQMww"
        "ADiBOfUCEGO1IBE4AToWW5ABUKgQ4Esbc9BVWgMgAiIggmVJVA9K01pjBqH5yCtOc5U2ZLTTTIFC2pO0yWlsmptmo9nkvgLp9u8rA5IC"
    ),
    "gzip": base64.b64decode(
        "H4sIAAAAAAACA2XTO24CURBE0a2MJiagqvh6KxaBJRMQQIIzxN49shzceRV1Szc76n7Nt5/r/Tl/TJ+v+fa9zO1mmh9f9+uy/rVpO78303/U"
        "GIXoMRoxYwzibow7xP0Y94iHMR4Qj2M8Ip7GeEI8j/FMhCLSyqiRqKRiEp1UUKKUikq0UmGJWiou0UsFJoqpyEQzFZqo5lIz1VxqXt1WHxfV"
        "XGqmmkvNVHOpmWouNVPNpWaqudRMNZeaqZZSC9VSaqFaSi2rn+ynpFpKLVRLqYVqKbVQLaUWqqXUQrWUWha1y/sXovOQJs8EAAA="
    ),
}
PLAIN = b"plain"
CODINGS = [*PACKED]


def packing(stub: Stub, headers: str, *, pieces: bool = False) -> None:
    """A service that compresses as it is asked to."""

    async def answer(talk: Talk) -> None:
        coding = talk.asked.header("accept-encoding") or ""
        body = PACKED.get(coding, PLAIN)
        said = f"content-encoding: {coding}\r\n" if coding in PACKED else ""
        head = f"content-type: text/html\r\nvary: Accept-Encoding\r\n{said}{headers}"
        if not pieces:
            await talk.reply(body, headers=head)
            return
        await talk.send(f"HTTP/1.1 200 OK\r\n{head}transfer-encoding: chunked\r\n\r\n".encode())
        for byte in range(0, len(body), 50):
            piece = body[byte : byte + 50]
            await talk.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        await talk.send(b"0\r\n\r\n")

    stub.answer = answer


def accept(coding: str) -> bytes:
    return f"Accept-Encoding: {coding}\r\n".encode()


@pytest.mark.parametrize("pieces", [False, True])
async def test_each_coding_is_kept_for_those_who_ask_for_it(start: Start, stub: Stub, pieces: bool) -> None:
    packing(stub, "cache-control: max-age=60\r\n", pieces=pieces)
    gateway = await start(stub.endpoint(), routes=(OPEN,))
    async with connected(gateway) as client:
        for first in ("fwd=miss; fwd-status=200; stored", "hit; ttl="):
            for coding in (*CODINGS, "identity"):
                reply = await client.ask(get("/", accept(coding)))
                assert said(reply).startswith(first)
                assert reply.body == PACKED.get(coding, PLAIN)
                assert reply.header("content-encoding") == (coding if coding in PACKED else None)
                assert reply.header("vary") == "Accept-Encoding"
        assert (await client.ask(get("/"))).header("content-encoding") is None
        part = await client.ask(get("/", accept("br"), b"Range: bytes=10-19\r\n"))
        assert (part.status, part.body, part.header("content-encoding")) == (206, PACKED["br"][10:20], "br")
    assert len(stub.asked) == 5


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("pieces", [False, True])
async def test_what_changes_headers_or_json_leaves_them_alone(
    start: Start, stub: Stub, coding: str, pieces: bool
) -> None:
    packing(stub, "cache-control: max-age=60\r\n", pieces=pieces)
    headers = replace(PUBLIC, transform=Transform(response=Edit(set=(Pair("x-a", "b"),))))
    both = replace(headers, cache=OPEN.cache)
    for route in (PUBLIC, headers, both, ruled(coalesce=True)):
        gateway = await start(stub.endpoint(), routes=(route,))
        async with connected(gateway) as client:
            for _ in range(2):
                reply = await client.ask(get("/", accept(coding)))
                assert (reply.body, reply.header("content-encoding")) == (PACKED[coding], coding)


@pytest.mark.parametrize("coding", CODINGS)
async def test_what_must_be_read_is_asked_for_plain(start: Start, stub: Stub, coding: str) -> None:
    """With `response.body` the service is asked for no coding, and a kept reply is found by that."""
    packing(stub, "cache-control: max-age=60\r\n")
    route = replace(OPEN, transform=Transform(response_body=BodyEdit(set=(Pair("/a", "1"),))))
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as client:
        for _ in range(2):
            reply = await client.ask(get("/", accept(coding)))
            assert (reply.status, reply.body, reply.header("content-encoding")) == (200, PLAIN, None)
    assert [asked.header("accept-encoding") for asked in stub.asked] == ["identity"]
