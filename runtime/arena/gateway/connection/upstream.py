"""One connection to a target.

Theory. A connection carries one exchange at a time: head and body out, then one reply in. While it carries none it
rests in its target's pool, where any byte, or the end, means that it must not be used again.

    waiting for    bytes are                         the end of the connection means
    a head         interim replies, then the head    retry when that is safe, else 502
    a body         the reply's body                  the end, where the reply lasts until close; else a cut
    nothing        a breach of the protocol          out of the pool

An upstream that answers before it has read the whole request is believed, but its connection is not used again.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.connection import tunnel
from arena.gateway.exchange import Exchange
from arena.gateway.flow import failure, respond, retry
from arena.gateway.wire.body import Body, chunk
from arena.gateway.wire.errors import WireError
from arena.gateway.wire.reply import LONGEST_HEAD, too_large

if TYPE_CHECKING:
    from arena.gateway.plane import Plane
    from arena.gateway.table.target import Target

INFINITE = float("inf")
# Shorter than the keep-alive of common servers (uvicorn: 5 s), so that we close first and do not send into a closing
# door.
POOL_SECONDS = 4.0
_END = b"\r\n\r\n"
_TLS_ALERT = b"\x15\x03"  # how a TLS server answers what is no ClientHello: RFC 8446 section 5.1


class UpstreamConnection(asyncio.Protocol):
    """Sends requests and reads replies. `deadline` is checked by the plane's sweep."""

    __slots__ = (
        "__weakref__", "blocked", "body", "buffer", "chunk_out", "deadline", "exchange", "plane",
        "reusable", "target", "transport", "used",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, plane: Plane, target: Target) -> None:
        self.plane = plane
        self.target = target
        self.exchange: Exchange | None = None
        self.body: Body | None = None
        self.buffer = b""
        self.blocked = False
        self.reusable = False
        self.chunk_out = False
        self.used = False
        self.deadline = INFINITE

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # create_connection makes read-write transports
        self.plane.upstreams.add(self)

    def data_received(self, data: bytes) -> None:
        x = self.exchange
        if x is None:
            self.close()
        elif self.body is not None:
            self._read_body(x, self.body, data)
        else:
            self._read_head(x, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.deadline = INFINITE
        self.plane.upstreams.discard(self)
        x, self.exchange = self.exchange, None
        if x is None:
            self._leave_pool()
        elif self.body is not None:
            respond.upstream_ended(x, self.body, exc)
        else:
            failure.lost(x, self, answered=bool(self.buffer))

    def pause_writing(self) -> None:
        self.blocked = True
        x = self.exchange
        if x is not None:
            x.client.hold()
            self.deadline = monotonic() + self.plane.timeouts.idle

    def resume_writing(self) -> None:
        self.blocked = False
        if self.exchange is not None:
            self.deadline = INFINITE if not self.exchange.body_done else monotonic() + self.exchange.first_byte
            self.exchange.client.go_on()

    # What the sweep calls.

    def expire(self) -> None:
        """The deadline has passed."""
        self.deadline = INFINITE
        x = self.exchange
        if x is None:
            self.close()
        else:
            failure.timed_out(x, self, self.body is not None)

    # What the forwarding calls.

    def park(self, now: float) -> None:
        """Into the pool, unused: whoever it was opened for has gone."""
        self.reusable = True
        self.release(now)

    def send(self, x: Exchange, data: bytes) -> None:
        """Carry `x` from now on; `data` is the request's head and as much of its body as has come."""
        self.exchange = x
        self.deadline = x.sent_at + x.first_byte if x.body_done else INFINITE
        self.plane.outbox.put(self.transport, data)

    def send_body(self, x: Exchange, piece: bytes) -> None:
        """Send a piece of request body, framed as the head announced; after the last the wait for the reply begins."""
        if x.head.chunked:
            piece = (chunk(piece) if piece else b"") + (b"0\r\n\r\n" if x.body_done else b"")
        if piece:
            self.plane.outbox.put(self.transport, piece)
        if x.body_done and self.body is None and not self.blocked:
            self.deadline = monotonic() + x.first_byte

    def hold(self) -> None:
        """Read nothing more for now: the client cannot take it."""
        self.deadline = INFINITE
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self.deadline = monotonic() + self.plane.timeouts.idle

    def abandon(self) -> None:
        """Break off the exchange: whoever asked has left, or an answer was given without us."""
        self.exchange = None
        self.transport.abort()

    def finish(self) -> None:
        """Close when all that was sent has been taken, and listen no more."""
        self.exchange = None
        self.deadline = monotonic() + self.plane.timeouts.idle
        self.plane.outbox.flush()
        self.transport.close()

    def close(self) -> None:
        """End a connection that carries nothing."""
        self._leave_pool()
        self.transport.abort()

    def release(self, now: float) -> None:
        """The exchange is over: back to the pool, or closed."""
        self.exchange = None
        self.body = None
        if self.reusable and not self.blocked and not self.target.retired and not self.transport.is_closing():
            self.used = True
            self.deadline = now + POOL_SECONDS
            self.target.idle.append(self)
        else:
            self.transport.abort()

    # Replies.

    def _read_head(self, x: Exchange, data: bytes) -> None:
        if self.buffer:
            data = self.buffer + data
        while (end := data.find(_END) + 4) != 3:
            try:
                head = self.plane.replies.read(data[:end], x.head.upgrade != b"")
            except WireError as error:
                failure.broke_protocol(x, str(error), self)
                return
            data = data[end:]
            if head.status >= 200:
                self.buffer = b""
                if x.tries is None or retry.accept(x, x.tries, self, head, data):
                    respond.start(x, self, head, data)
                return
            if head.status == 101:
                self.buffer = b""
                if x.tries is not None:
                    x.tries.settle()
                tunnel.enter(x, self, head.draft(), data)
                return
            if x.tries is None or x.tries.hedge is None:
                respond.interim(x, head)
        self._wait_for_head(x, data)

    def _wait_for_head(self, x: Exchange, data: bytes) -> None:
        self.buffer = data
        if data[:2] == _TLS_ALERT and self.target.tls is None:
            failure.broke_protocol(x, "it speaks TLS; is its url https:// and not http://?", self)
        elif len(data) > LONGEST_HEAD:
            failure.broke_protocol(x, str(too_large()), self)

    def _read_body(self, x: Exchange, body: Body, data: bytes) -> None:
        if not x.client.blocked:
            self.deadline = monotonic() + self.plane.timeouts.idle
        respond.body(x, self, body, data)

    def _leave_pool(self) -> None:
        if self in self.target.idle:
            self.target.idle.remove(self)
