"""gateway.wire.reply: what an upstream may say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.gateway.wire.errors import WireError
from arena.gateway.wire.reply import CHUNKED, UNTIL_CLOSE, ReplyHead, ReplyReader


def read(*lines: bytes) -> ReplyHead:
    return ReplyReader().read(b"\r\n".join((*lines, b"", b"")))


@pytest.mark.parametrize(
    ("lines", "length", "reusable"),
    [
        ([b"HTTP/1.1 200 OK", b"Content-Length: 5"], 5, True),
        ([b"HTTP/1.1 200", b"Content-Length: 0"], 0, True),
        ([b"HTTP/1.1 200 OK", b"Transfer-Encoding: Chunked"], CHUNKED, True),
        ([b"HTTP/1.1 200 OK"], UNTIL_CLOSE, True),
        ([b"HTTP/1.1 200 OK", b"Content-Length: 5", b"Connection: close"], 5, False),
        ([b"HTTP/1.0 200 OK", b"Content-Length: 5"], 5, False),
    ],
)
def test_where_a_reply_ends(lines: list[bytes], length: int, reusable: bool) -> None:
    head = read(*lines)
    assert (head.status, head.length, head.reusable) == (200, length, reusable)


def test_fields_keep_their_order_and_what_ends_here_is_left_out() -> None:
    head = read(
        b"HTTP/1.1 201 Created",
        b"Set-Cookie: a=1",
        b"Connection: X-Hop",
        b"X-Hop: 1",
        b"Keep-Alive: timeout=5",
        b"Set-Cookie: b=2",
        b"X-Request-Id: theirs",
        b"Traceparent: theirs",
        b"Content-Length: 1",
        b"Upgrade: h2c",
    )
    assert head.fields == (b"Set-Cookie: a=1", b"Set-Cookie: b=2", b"content-length: 1")


def test_a_head_may_not_be_larger_because_it_came_at_once() -> None:
    assert len(read(b"HTTP/1.1 200 OK", b"X: " + b"a" * 65_000).fields) == 1
    with pytest.raises(WireError, match="larger than 65536 bytes"):
        read(b"HTTP/1.1 200 OK", b"X: " + b"a" * 70_000)


def test_a_connection_header_cannot_take_off_what_says_where_the_reply_ends() -> None:
    head = read(
        b"HTTP/1.1 200 OK", b"Date: now", b"Content-Length: 5", b"Connection: Content-Length, date, x-hop", b"X-Hop: 1"
    )
    assert (head.fields, head.length, head.dated) == ((b"date: now", b"content-length: 5"), 5, True)


@pytest.mark.parametrize(
    "lines",
    [
        [b"HTTP/1.1 200 OK", b"Content-Length: 5", b"Transfer-Encoding: chunked"],
        [b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", b"Content-Length: 5"],
        [b"HTTP/1.1 200 OK", b"Content-Length: 5", b"Content-Length: 6"],
        [b"HTTP/1.1 200 OK", b"Content-Length: 5", b"Content-Length: 5"],
        [b"HTTP/1.1 200 OK", b"Content-Length: five"],
        [b"HTTP/1.1 200 OK", b"Content-Length: -1"],
        [b"HTTP/1.1 200 OK", b"Transfer-Encoding: gzip"],
        [b"HTTP/1.1 200 OK", b"Transfer-Encoding: gzip, chunked"],
        [b"HTTP/1.1 200 OK", b"X-A: b", b" folded"],
        [b"HTTP/1.1 200 OK", b"X-A: b\nX-B: c"],
        [b"HTTP/1.1 200 OK", b"X-A: b\rc"],
        [b"HTTP/1.1 200 OK", b"X-A: b\0"],
        [b"HTTP/1.1 200 OK", b"X-A : b"],
        [b"HTTP/1.1 20 OK"],
        [b"HTTP/1.1 999 OK"],
        [b"HTTP/2.0 200 OK"],
        [b"HTTP/1.1 101 Switching", b"Connection: upgrade", b"Upgrade: x"],
        [b"SSH-2.0-OpenSSH"],
        [b"ICY 200 OK"],
        [b"RTSP/1.0 200 OK"],
    ],
)
def test_a_reply_without_one_meaning_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(WireError):
        read(*lines)


@given(st.binary(max_size=200))
def test_junk_is_refused_never_a_crash(junk: bytes) -> None:
    try:
        head = ReplyReader().read(junk.replace(b"\r\n\r\n", b"") + b"\r\n\r\n")
    except WireError:
        return
    assert 100 <= head.status <= 599


# What is remembered.


def facts(head: ReplyHead) -> tuple[object, ...]:
    return head.status, head.length, head.reusable, head.fields


def test_a_head_read_again_is_the_same_whatever_was_made_of_it() -> None:
    reader = ReplyReader()
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\n"
    fresh = facts(ReplyReader().read(raw))
    for _ in range(4):
        head = reader.read(bytes(bytearray(raw)))
        assert facts(head) == fresh
        draft = head.draft()
        draft.fields.append(b"only: mine")
        draft.status, draft.length = 201, 0
        assert head.begin() == (head.passed or head.begin()) == b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nX-A: 1"
    assert reader._recall.known


def test_switching_protocols_is_judged_each_time() -> None:
    reader = ReplyReader()
    raw = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    for _ in range(3):
        assert reader.read(raw, switching=True).status == 101
    with pytest.raises(WireError):
        reader.read(raw)
