"""A WebSocket, once the service has agreed: bytes both ways until one side ends.

Until then it is a request like any other, with authentication, limits and retries; afterwards the exchange goes on, so that
it counts as in flight and gets its line in the access log when it ends. Frames are not looked at. Silence both ways for
`timeouts.idle` ends it: WebSockets have pings for this.

A gateway that stops waits for what has an end. A tunnel has none: nginx and Envoy keep it until the process must go
(`worker_shutdown_timeout`, `--parent-shutdown-time-s`), so that one chat holds everything up. Here tunnels have a time of
their own, `timeouts.tunnel_drain`. Then both sides are closed after the last byte that came; a close frame (1001) could only
be put between two frames, and where these meet nobody here knows.
Sources: RFC 9110 section 7.8, RFC 6455 sections 4 and 7.4.1.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange
from arena.gateway.flow import attempt, failure, record, respond
from arena.gateway.wire.body import EndlessBody
from arena.gateway.wire.head import RequestHead
from arena.gateway.wire.hop import connection_options
from arena.gateway.wire.reply import ReplyDraft
from arena.gateway.wire.status import STATUS_LINES

if TYPE_CHECKING:
    from arena.gateway.connection.upstream import UpstreamConnection

_UPGRADE = (b"connection: Upgrade", b"upgrade: websocket")


def is_offered(head: RequestHead) -> bool:
    """Whether `head` is a WebSocket's opening handshake."""
    return (
        head.upgrade.lower() == b"websocket"
        and head.method == b"GET"
        and not head.old
        and head.content_length == 0
        and b"upgrade" in connection_options(head.connection or b"")
    )


def offer(x: Exchange) -> None:
    """Pass the handshake on, whose headers end at the next hop otherwise."""
    x.fields += _UPGRADE


def is_open(x: Exchange) -> bool:
    """Whether `x` has become a tunnel."""
    return x.answered and x.status == 101


def enter(x: Exchange, upstream: UpstreamConnection, head: ReplyDraft, rest: bytes) -> None:
    """The service agreed; `rest` is what it said next."""
    if not any(line[:21].lower() == b"sec-websocket-accept:" for line in head.fields):
        failure.broke_protocol(x, "it switched protocols, but not to WebSocket")
        return
    now = monotonic()
    attempt.replied(x, upstream.target, 101, now)
    route = x.match.route
    if route is not None and route.edit_reply is not None:
        route.edit_reply(x, head)
    x.status = 101
    x.answered = True
    tunnels = x.client.plane.tunnels
    tunnels.add(x)
    x.at_end(lambda x, _outcome, _now: tunnels.discard(x))
    x.keep = False
    x.first_byte = x.client.plane.timeouts.idle
    fields = [line for line in head.fields[1:] if line[:15].lower() != b"content-length:"]
    more = [line for line in (x.ids, x.reply_fields) if line]
    x.client.write(b"\r\n".join((STATUS_LINES[101], *fields, *more, *_UPGRADE, b"", b"")))
    upstream.reusable = upstream.chunk_out = False
    upstream.body = reader = EndlessBody()
    upstream.deadline = now + x.first_byte
    early = x.client.enter_tunnel()
    if early:
        carry(x, early)
    if rest:
        respond.body(x, upstream, reader, rest)


def carry(x: Exchange, data: bytes) -> None:
    """Pass on what the client says."""
    upstream = x.upstream
    if upstream is None:
        return
    x.bytes_in += len(data)
    if not x.client.blocked:
        upstream.deadline = monotonic() + x.first_byte
    x.client.plane.outbox.put(upstream.transport, data)


def client_left(x: Exchange) -> None:
    """The client closed: what it said last still reaches the service."""
    if x.upstream is not None:
        x.upstream.finish()
    record.finish(x, "served", monotonic())


def end(x: Exchange) -> None:
    """Close both sides behind what was said last: nobody has said a word for too long, or the gateway stops."""
    if x.upstream is not None:
        x.upstream.finish()
    now = monotonic()
    record.finish(x, "served", now)
    x.client.reply_done(x, now)
