"""Answers of the gateway's own: refusals, pages, and the cut of a reply that cannot be finished."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.filters.trace import identify
from arena.gateway.flow import record
from arena.gateway.refusal import Refusal, Reply, of_wire, reply
from arena.gateway.wire.reply import NO_BODY
from arena.gateway.wire.request import NO_HEAD, changed
from arena.gateway.wire.status import STATUS_LINES

if TYPE_CHECKING:
    from arena.gateway.connection.client import ClientConnection

PROBLEM_JSON = b"application/problem+json"
RESCUED = frozenset({500, 502, 503, 504})
"""The failures in whose place a rescue may have an answer."""


def refuse(x: Exchange, refusal: Refusal) -> None:
    """Answer `x` with a problem; when its reply has begun already, cut it."""
    if x.over:
        return
    if x.upstream is not None:
        x.upstream.abandon()
    if x.answered:
        cut(x)
        return
    instead = x.rescue(x, refusal) if x.rescue is not None else None
    if instead is not None:
        x.rescued = True
        give(x, instead)
        return
    if refusal.close:
        x.head = changed(x.head, keep_alive=False)
    outcome = refusal.outcome(sent=bool(x.sent_at))
    _answer(x, refusal.status, PROBLEM_JSON, refusal.body(x.request_id), refusal.headers, outcome=outcome)


def refuse_unread(client: ClientConnection, refusal: Refusal) -> None:
    """Answer bytes that are no request. They get an exchange all the same, so that they are counted and logged."""
    client.plane.stats.in_flight += 1
    x = Exchange(client, NO_HEAD, client.plane.unread, monotonic())
    identify(x)
    x.status = refusal.status
    headers = (x.ids, *refusal.headers, b"connection: close")
    client.write(reply(refusal.status, PROBLEM_JSON, refusal.body(x.request_id), headers))
    record.finish(x, "refused", monotonic())


def body_too_large(x: Exchange) -> Refusal:
    """The refusal of a body beyond the route's limit."""
    return of_wire(413, f"a request body here may have {x.body_limit} bytes")


def cut(x: Exchange) -> None:
    """Break off a reply that cannot be finished, so that the client notices."""
    # To a client that reads until close, only a reset looks different from the end.
    visible = x.head.old is False
    record.finish(x, "cut", monotonic())
    x.client.cut(visible=visible)


def answer_here(x: Exchange) -> None:
    """Answer what no route takes: a page of the gateway's own, or a refusal."""
    match = x.match
    if match.page is not None:
        content = match.page(x)
        if isinstance(content, Refusal):
            refuse(x, content)
        else:
            _answer(
                x, content.status, content.content_type, content.body, (b"cache-control: no-store",), outcome="served"
            )
    elif match.refusal is not None:
        refuse(x, match.refusal)


def give(x: Exchange, given: Reply) -> None:
    """Answer `x` in the service's place; to client and counters it was served."""
    client = x.client
    x.status = status = given.status
    content = b"" if x.head.method == b"HEAD" or status in NO_BODY else given.body
    x.bytes_out = len(content)
    x.keep = client.will_keep(x)
    framing = () if status in NO_BODY else (b"content-length: %d" % len(given.body),)
    lines = (STATUS_LINES[status], *given.fields, *framing, x.ids, x.reply_fields, connection_line(x))
    client.write(b"\r\n".join((*filter(None, lines), b"", content)))
    now = monotonic()
    record.finish(x, "served", now)
    client.reply_done(x, now)


def _answer(
    x: Exchange, status: int, content_type: bytes, body: bytes, headers: tuple[bytes, ...], *, outcome: Outcome
) -> None:
    client = x.client
    head_only = x.head.method == b"HEAD"
    x.status = status
    x.bytes_out = 0 if head_only else len(body)
    x.keep = client.will_keep(x)
    headers = (x.ids, x.reply_fields, *headers, connection_line(x))
    client.write(reply(status, content_type, body, headers, head_only=head_only))
    now = monotonic()
    record.finish(x, outcome, now)
    client.reply_done(x, now)


def connection_line(x: Exchange) -> bytes:
    """The Connection header of the reply, b'' where the version's default is meant."""
    if x.keep:
        return b"connection: keep-alive" if x.head.old else b""
    return b"connection: close"
