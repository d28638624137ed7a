"""gateway.wire.body: where a message ends, however it is cut into pieces."""

from __future__ import annotations

from itertools import pairwise

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.gateway.wire.body import LAST_CHUNK, Body, ChunkedBody, EndlessBody, LengthBody, chunk
from arena.gateway.wire.errors import WireError

cuts = st.lists(st.integers(0, 400), max_size=12)


def pieces(data: bytes, where: list[int]) -> list[bytes]:
    points = sorted({0, len(data), *(n for n in where if n < len(data))})
    return [data[a:b] for a, b in pairwise(points)]


def fed(body: Body, parts: list[bytes]) -> tuple[bytes, bytes]:
    """What was body, and what came behind it."""
    out, behind = b"", b""
    for part in parts:
        if body.done:
            behind += part
            continue
        out += body.feed(part)
        behind += body.rest
    return out, behind


@given(st.binary(max_size=300), st.binary(max_size=100), cuts)
def test_a_length_takes_exactly_its_bytes(content: bytes, behind: bytes, where: list[int]) -> None:
    body = LengthBody(len(content))
    assert fed(body, pieces(content + behind, where)) == (content, behind)
    assert body.done


@given(st.lists(st.binary(min_size=1, max_size=80), max_size=8), cuts)
def test_chunks_come_out_as_they_went_in(contents: list[bytes], where: list[int]) -> None:
    wire = b"".join(map(chunk, contents)) + LAST_CHUNK
    body = ChunkedBody()
    assert fed(body, pieces(wire, where)) == (b"".join(contents), b"")
    assert body.done
    assert body.clean


def test_our_chunks_are_h11s_chunks() -> None:
    peer = h11.Connection(h11.SERVER)
    peer.receive_data(
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"hello") + LAST_CHUNK
    )
    assert isinstance(peer.next_event(), h11.Request)
    data = peer.next_event()
    assert isinstance(data, h11.Data)
    assert bytes(data.data) == b"hello"
    assert isinstance(peer.next_event(), h11.EndOfMessage)


def test_trailers_and_extensions_are_read_and_dropped() -> None:
    body = ChunkedBody()
    assert body.feed(b"5;name=value\r\nhello\r\n0\r\nX-Trailer: y\r\n\r\n") == b"hello"
    assert body.done
    assert body.clean


def test_bytes_behind_the_last_chunk_are_noticed() -> None:
    body = ChunkedBody()
    assert body.feed(b"5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n") == b"hello"
    assert body.done
    assert not body.clean


@pytest.mark.parametrize(
    "wire",
    [
        b"0x5\r\nhello\r\n",
        b"+5\r\nhello\r\n",
        b"-5\r\nhello\r\n",
        b"5 \r\nhello\r\n",
        b" 5\r\nhello\r\n",
        b"5\nhello\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"g\r\n",
        b"\r\n",
        b"11111111111111111\r\n",
        b"5;a\rb\r\nhello",
        b"0\r\nX : y\r\n\r\n",
        b"0\r\nX: y\n\r\n",
        b"0\r\n X: y\r\n\r\n",
        b"0\r\nContent-Length: 5\r\n\r\n",
        b"5;\x00\r\nhello\r\n",
    ],
)
def test_bad_chunks_are_refused(wire: bytes) -> None:
    with pytest.raises(WireError):
        ChunkedBody().feed(wire)


def test_a_body_that_is_all_framing_is_refused() -> None:
    body = ChunkedBody()
    with pytest.raises(WireError, match="more framing than body"):
        for _ in range(100):
            body.feed(b"1;" + b"x" * 1000 + b"\r\na\r\n")


def test_an_endless_body_is_never_done() -> None:
    body = EndlessBody()
    assert body.feed(b"abc") == b"abc"
    assert not body.done


def test_an_empty_body_is_done_at_once() -> None:
    assert LengthBody(0).done
