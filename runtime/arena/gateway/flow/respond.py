"""An upstream's reply on its way to the client."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange
from arena.gateway.flow import answer, attempt, failure, recast, record
from arena.gateway.refusal import Refusal
from arena.gateway.wire.body import LAST_CHUNK, Body, ChunkedBody, EndlessBody, LengthBody, chunk
from arena.gateway.wire.date import DateLine
from arena.gateway.wire.errors import WireError
from arena.gateway.wire.reply import CHUNKED, NO_BODY, ReplyDraft, ReplyHead
from arena.gateway.wire.status import STATUS_LINES

if TYPE_CHECKING:
    from arena.gateway.connection.upstream import UpstreamConnection

_date = DateLine()


def start(x: Exchange, upstream: UpstreamConnection, head: ReplyHead, rest: bytes) -> None:
    """Pass on the reply's head, with `rest`: what came of its body in the same piece."""
    route = x.match.route
    edit = None if route is None else route.edit_reply
    plain = edit is None and x.recast is None and x.taps is None
    whole = head.length == len(rest) and not (rest and x.head.method == b"HEAD")
    if plain and head.simple and whole and not x.head.old and x.client.will_keep(x):
        upstream.reusable = head.reusable and x.body_done
        _write_as_it_is(x, upstream, head, rest)
        return
    draft = head.draft()
    if edit is not None:
        attempt.replied(x, upstream.target, head.status, monotonic())
        edit(x, draft)
    upstream.reusable = draft.reusable and x.body_done
    if x.recast is None:
        pass_on(x, upstream, draft, rest)
        return
    wanted = x.recast.wants(x, draft)
    if isinstance(wanted, Refusal):
        answer.refuse(x, wanted)
    elif wanted:
        recast.hold(x, upstream, draft, rest)
    else:
        pass_on(x, upstream, draft, rest)


def pass_on(x: Exchange, upstream: UpstreamConnection, head: ReplyDraft, rest: bytes) -> None:
    """Send the head and `rest`, and have the rest of the body follow."""
    if not head.dated:
        head.fields.append(_date.now())
    if x.taps is not None:
        for tap in x.taps:
            tap.began(x, head)
    length = head.length
    if x.head.method == b"HEAD" or head.status in NO_BODY:
        upstream.reusable = upstream.reusable and not rest
        _write_whole(x, upstream, head, b"")
    elif length >= 0 and len(rest) >= length:
        if len(rest) > length:
            # More than was announced: nobody knows whose reply that is.
            upstream.reusable = False
            rest = rest[:length]
        _write_whole(x, upstream, head, rest)
    else:
        _write_head(x, upstream, head)
        reader = reader_of(length)
        upstream.body = reader
        if reader.done:
            _end(x, upstream)
        elif rest:
            body(x, upstream, reader, rest)


def body(x: Exchange, upstream: UpstreamConnection, reader: Body, data: bytes) -> None:
    """Pass on a piece of the reply's body."""
    try:
        piece = reader.feed(data)
    except WireError as error:
        failure.broke_protocol(x, str(error))
        return
    if x.held is not None:
        recast.piece(x, upstream, x.held, reader, piece)
        return
    if piece:
        x.bytes_out += len(piece)
        x.client.write(chunk(piece) if upstream.chunk_out else piece)
        if x.taps is not None:
            for tap in x.taps:
                tap.piece(x, piece)
    if reader.done:
        upstream.reusable = upstream.reusable and reader.clean and not reader.rest
        _end(x, upstream)


def interim(x: Exchange, head: ReplyHead) -> None:
    """Pass on a 1xx reply (RFC 9110 section 15.2), except 100, which is ours to send, and to HTTP/1.0, which has
    none. It has no body, so that what it says of a length goes no further (section 8.6)."""
    if head.status != 100 and not x.head.old:
        lines = (line for line in head.fields if not line.startswith(b"content-length:"))
        x.client.write(b"\r\n".join((STATUS_LINES[head.status], *lines, b"", b"")))


def upstream_ended(x: Exchange, reader: Body, exc: Exception | None) -> None:
    """The connection closed inside the reply's body: its end, when close is what ends it; otherwise a cut."""
    upstream = x.upstream
    if exc is None and isinstance(reader, EndlessBody) and upstream is not None:
        upstream.reusable = False
        if x.held is not None:
            recast.end(x, upstream, x.held)
        else:
            _end(x, upstream)
        return
    x.upstream = None
    if x.target is not None:
        x.client.plane.stats.upstream_errors[x.target.service, "cut"] += 1
        attempt.failed(x, monotonic())
    if x.held is not None:
        answer.refuse(x, recast.BROKEN)
    else:
        answer.cut(x)


def reader_of(length: int) -> Body:
    """What finds the end of a body of `length`, as ReplyDraft has it."""
    if length >= 0:
        return LengthBody(length)
    return ChunkedBody() if length == CHUNKED else EndlessBody()


def _write_as_it_is(x: Exchange, upstream: UpstreamConnection, head: ReplyHead, content: bytes) -> None:
    """Head and body in one write, with nothing changed, and the exchange is over: the path of most replies."""
    x.status = head.status
    x.bytes_out = len(content)
    x.keep = True
    begin, more = head.passed or head.begin(), x.reply_fields
    if more:
        x.client.write(b"".join((begin, b"\r\n", x.ids, b"\r\n", more, b"\r\n\r\n", content)))
    else:
        x.client.write(b"".join((begin, b"\r\n", x.ids, b"\r\n\r\n", content)))
    _done(x, upstream)


def _write_whole(x: Exchange, upstream: UpstreamConnection, head: ReplyDraft, content: bytes) -> None:
    """Head and body in one write, and the exchange is over."""
    client = x.client
    lines = head.fields
    x.status = status = head.status
    x.bytes_out = len(content)
    if x.taps is not None and content:
        for tap in x.taps:
            tap.piece(x, content)
    x.keep = client.will_keep(x)
    lines[0] = STATUS_LINES[status]
    if status in NO_BODY and status != 304:
        lines[:] = [line for line in lines if not line.startswith(b"content-length:")]
    elif head.length < 0 and x.head.method != b"HEAD" and status != 304:
        lines.append(b"content-length: 0")
    lines.append(x.ids)
    if x.reply_fields:
        lines.append(x.reply_fields)
    if not x.keep or x.head.old:
        lines.append(answer.connection_line(x))
    lines.append(b"")
    lines.append(content)
    client.write(b"\r\n".join(lines))
    _done(x, upstream)


def _done(x: Exchange, upstream: UpstreamConnection) -> None:
    """The reply, which began just now, was passed on whole."""
    now = monotonic()
    attempt.replied(x, upstream.target, x.status, now)
    upstream.release(now)
    record.finish(x, "served", now)
    x.client.reply_done(x, now)


def _write_head(x: Exchange, upstream: UpstreamConnection, head: ReplyDraft) -> None:
    """The head of a reply whose body follows in pieces."""
    client = x.client
    lines = head.fields
    x.status = head.status
    x.answered = True
    x.keep = client.will_keep(x)
    lines[0] = STATUS_LINES[head.status]
    upstream.chunk_out = False
    if head.length < 0:
        if x.head.old:
            x.keep = False
        else:
            upstream.chunk_out = True
            lines.append(b"transfer-encoding: chunked")
    if x.reply_fields:
        lines.append(x.reply_fields)
    lines += [x.ids, answer.connection_line(x), b"", b""] if not x.keep or x.head.old else [x.ids, b"", b""]
    client.write(b"\r\n".join(lines))
    now = monotonic()
    attempt.replied(x, upstream.target, head.status, now)
    if client.blocked:
        upstream.hold()
    else:
        upstream.deadline = now + client.plane.timeouts.idle


def _end(x: Exchange, upstream: UpstreamConnection) -> None:
    if upstream.chunk_out:
        x.client.write(LAST_CHUNK)
    now = monotonic()
    upstream.release(now)
    record.finish(x, "served", now)
    x.client.reply_done(x, now)
