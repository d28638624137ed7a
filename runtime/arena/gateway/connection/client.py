"""One client's connection.

Theory. A connection carries exchanges one after another, never two at once. Its state says what its next bytes mean:

    state     next bytes are             ends when                     deadline
    IDLE      a request head             it is whole: BODY or REPLY    idle; `header` from its first byte on
    BODY      the request's body         it is whole: REPLY            body; none while we hold the client back
    REPLY     the next request, kept     the reply is whole: IDLE      the upstream's; idle while the client is slow
    DISCARD   a body nobody wants        it is whole: IDLE             body
    LINGER    of no interest, dropped    the client closes             LINGER_SECONDS
    TUNNEL    for the upstream           either side closes            the upstream's; idle while the client is slow

A reply may begin, and even end, while the state is still BODY: the rest of the body then has nowhere to go. A short rest
is read and dropped (DISCARD), because most clients send head and body apart and a refusal overtakes the body; otherwise
the connection ends with that reply. It ends by way of LINGER, because closing a socket with unread bytes sends a reset,
which can destroy the reply on its way (RFC 9112 section 9.6). A client that sends FIN is taken to have left, as in nginx.
"""

from __future__ import annotations

import asyncio
import re
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.connection import tunnel
from arena.gateway.exchange import Exchange
from arena.gateway.flow import answer, forward
from arena.gateway.refusal import Refusal, of_wire
from arena.gateway.wire.body import Body, ChunkedBody, LengthBody
from arena.gateway.wire.errors import RequestRefused, WireError
from arena.gateway.wire.request import changed

if TYPE_CHECKING:
    from arena.gateway.connection.certificate import ClientCertificate
    from arena.gateway.plane import Plane

IDLE, BODY, REPLY, DISCARD, LINGER, TUNNEL = range(6)
LINGER_SECONDS = 2.0
INFINITE = float("inf")
_MAX_AHEAD = 64 * 1024
_MAX_DISCARD = 64 * 1024
_MAX_BLANK = 32
_END = b"\r\n\r\n"
_BARE = re.compile(rb"(?<!\r)\n|\r[^\n]")


class ClientConnection(asyncio.Protocol):
    """Reads requests, in order, and writes replies. `deadline` is checked by the plane's sweep. `secure`: it came by TLS, and
    `certificate` is what the client has shown there."""

    __slots__ = (
        "__weakref__", "blocked", "body", "buffer", "certificate", "deadline", "exchange", "forwarded", "ip", "log_ip",
        "plane", "secure", "state", "transport",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.state = IDLE
        self.buffer = b""
        self.exchange: Exchange | None = None
        self.body: Body | None = None
        self.blocked = False
        self.deadline = INFINITE
        self.ip = ""
        self.log_ip = b""
        self.forwarded = b""
        self.secure = False
        self.certificate: ClientCertificate | None = None

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream server's transports are read-write
        self.deadline = monotonic() + self.plane.timeouts.idle
        self.plane.enter(self)

    def data_received(self, data: bytes) -> None:
        state = self.state
        if state == IDLE:
            self._read_head(data)
        elif state == BODY:
            self._read_body(data)
        elif state == REPLY:
            self._read_ahead(data)
        elif state == DISCARD:
            self._discard(data)
        elif state == TUNNEL and self.exchange is not None:
            tunnel.carry(self.exchange, data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self.deadline = INFINITE
        self.plane.leave(self)
        x, self.exchange = self.exchange, None
        if x is not None:
            forward.client_left(x)

    def pause_writing(self) -> None:
        self.blocked = True
        self.deadline = monotonic() + self.plane.timeouts.idle
        if self.exchange is not None and self.exchange.upstream is not None:
            self.exchange.upstream.hold()

    def resume_writing(self) -> None:
        self.blocked = False
        if self.state in (REPLY, TUNNEL):
            self.deadline = INFINITE
        if self.exchange is not None and self.exchange.upstream is not None:
            self.exchange.upstream.go_on()

    # What the sweep calls.

    def expire(self) -> None:
        """The deadline has passed."""
        self.deadline = INFINITE
        x = self.exchange
        if self.state in (LINGER, DISCARD) or self.blocked:
            self.transport.abort()
        elif self.state == BODY and x is not None:
            answer.refuse(x, of_wire(408, f"no byte of the body came for {self.plane.timeouts.body:g} s"))
        elif self.buffer:
            self._refuse_bytes(of_wire(408, f"the request head took more than {self.plane.timeouts.header:g} s"))
        else:
            self._close()

    # What the forwarding calls.

    def write(self, data: bytes) -> None:
        """Send reply bytes, behind those sent before."""
        self.plane.outbox.put(self.transport, data)

    def hold(self) -> None:
        """Read nothing more for now: the upstream cannot take it."""
        self.deadline = INFINITE
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self.transport.is_closing():
            return
        if self.state == BODY:
            self.deadline = monotonic() + self.plane.timeouts.body
        self.transport.resume_reading()

    def will_keep(self, x: Exchange) -> bool:
        """Whether the connection may carry another request after `x`, as known when the reply begins."""
        return x.head.keep_alive and not self.plane.draining and (self.state == REPLY or self._may_discard(x))

    def reply_done(self, x: Exchange, now: float) -> None:
        """The whole reply of `x` was written."""
        self.exchange = None
        if x.keep and self.state == REPLY:
            self.state = IDLE
            self.deadline = now + self.plane.timeouts.idle
            if self.buffer:
                asyncio.get_running_loop().call_soon(self._resume)
        elif x.keep:
            self.state = DISCARD
            self.deadline = now + self.plane.timeouts.body
            self.transport.resume_reading()
        elif self.state == REPLY and not self.buffer and (self.body is None or self.body.clean):
            self._close()
        else:
            self._linger(now)

    def enter_tunnel(self) -> bytes:
        """From now on every byte is for the upstream; returns those that came too early."""
        self.state = TUNNEL
        early, self.buffer = self.buffer, b""
        if early and not self.transport.is_closing():
            self.transport.resume_reading()
        return early

    def cut(self, *, visible: bool) -> None:
        """End in the middle of a reply. `visible`: the reply's framing shows the loss even after an orderly close;
        else the connection is reset."""
        self.exchange = None
        if visible and not self.transport.is_closing():
            self.deadline = monotonic() + LINGER_SECONDS
            self.state = LINGER
            self._close()
        else:
            _reset_on_close(self.transport)
            self.transport.abort()

    def close_if_idle(self) -> None:
        """Close unless a request is under way or arriving."""
        if self.exchange is None and not self.buffer and self.state == IDLE:
            self._close()

    # Heads.

    def _read_head(self, data: bytes) -> None:
        if self.buffer:
            data = self.buffer + data
        head, rest = self.plane.requests.known.get(data), b""
        if head is None:
            end = data.find(_END) + 4
            if end == 3 or data[0] < 0x21:
                self._wait_for_head(data)
                return
            limit = self.plane.max_head
            if end > limit:
                self._refuse_bytes(_too_large(limit))
                return
            try:
                head, rest = self.plane.requests.read(data[:end]), data[end:]
            except RequestRefused as error:
                self._refuse_bytes(of_wire(error.status, error.detail))
                return
        x = self.exchange = forward.open_exchange(self, head, monotonic())
        self.deadline = INFINITE
        if head.content_length == 0:
            self.state = REPLY
            self.body = None
            self.buffer = rest
            forward.begin(x)
        else:
            self.buffer = b""
            self._start_body(x, head.content_length, rest)

    def _wait_for_head(self, data: bytes) -> None:
        """Keep an unfinished head. RFC 9112 section 2.2: blank lines before a request line are passed over (a few of
        them)."""
        blank = 0
        while blank < _MAX_BLANK and data.startswith(b"\r\n", blank):
            blank += 2
        if blank:
            data = data[blank:]
            self.buffer = b""
        if data not in (b"", b"\r") and data[0] < 0x21:
            self._refuse_bytes(of_wire(400, "the request line does not start with a method"))
        elif blank and _END in data:
            self._read_head(data)
        elif _BARE.search(data) is not None:
            # Such a head might never end for us, who know no line end but CR LF (RFC 9112 section 2.2 allows it).
            self._refuse_bytes(of_wire(400, "a line of the request head does not end with CR LF"))
        elif len(data) > self.plane.max_head:
            self._refuse_bytes(_too_large(self.plane.max_head))
        else:
            if data and not self.buffer:
                self.deadline = monotonic() + self.plane.timeouts.header
            self.buffer = data

    def _start_body(self, x: Exchange, length: int, rest: bytes) -> None:
        """Begin an exchange with a body, of which `rest` came along with the head."""
        self.state = BODY
        x.body_done = False
        self.body = body = ChunkedBody() if length < 0 else LengthBody(length)
        if not rest or self._take_first_body(x, body, rest):
            forward.begin(x)

    def _take_first_body(self, x: Exchange, body: Body, rest: bytes) -> bool:
        """Read what came with the head, before anybody decided about it."""
        try:
            x.body = body.feed(rest)
        except WireError as error:
            answer.refuse(x, of_wire(400, str(error)))
            return False
        x.bytes_in = len(x.body)
        if body.done:
            self._body_ended(x, body)
        return True

    def _body_ended(self, x: Exchange, body: Body) -> None:
        self.state = REPLY
        self.deadline = INFINITE
        x.body_done = True
        self.buffer = body.rest
        if not body.clean:
            x.head = changed(x.head, keep_alive=False)

    # Bodies, and what comes too early.

    def _read_body(self, data: bytes) -> None:
        x, body = self.exchange, self.body
        if x is None or body is None:
            return
        try:
            piece = body.feed(data)
        except WireError as error:
            answer.refuse(x, of_wire(400, str(error)))
            return
        x.bytes_in += len(piece)
        if x.body_limit and x.bytes_in > x.body_limit:
            answer.refuse(x, answer.body_too_large(x))
            return
        if body.done:
            self._body_ended(x, body)
        else:
            self.deadline = monotonic() + self.plane.timeouts.body
        forward.body_arrived(x, piece)

    def _read_ahead(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) > _MAX_AHEAD:
            self.transport.pause_reading()

    def _may_discard(self, x: Exchange) -> bool:
        """Whether the rest of the body is short and sure to come; a client that asked first (Expect) may never send it."""
        return isinstance(self.body, LengthBody) and self.body.missing <= _MAX_DISCARD and not x.head.expect

    def _discard(self, data: bytes) -> None:
        body = self.body
        if body is None:
            return
        body.feed(data)
        if body.done:
            self.state = IDLE
            self.deadline = monotonic() + self.plane.timeouts.idle
            if body.rest:
                self._read_head(body.rest)

    def _resume(self) -> None:
        """Read the request that came before its turn."""
        if self.state == IDLE and self.buffer and not self.transport.is_closing():
            data, self.buffer = self.buffer, b""
            self.transport.resume_reading()
            self._read_head(data)

    # Ends.

    def _close(self) -> None:
        self.plane.outbox.flush()
        self.transport.close()

    def _refuse_bytes(self, refusal: Refusal) -> None:
        """Answer bytes that never became an exchange."""
        self.buffer = b""
        answer.refuse_unread(self, refusal)
        self._linger(monotonic())

    def _linger(self, now: float) -> None:
        self.state = LINGER
        self.buffer = b""
        self.deadline = now + LINGER_SECONDS
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self.plane.outbox.flush()
            # TLS cannot end one direction alone; there the client has the reply's length to go by, and the deadline.
            if self.transport.can_write_eof():
                self.transport.write_eof()


def _too_large(limit: int) -> Refusal:
    return of_wire(431, f"the request head is larger than {limit} bytes")


def _reset_on_close(transport: asyncio.Transport) -> None:
    import socket
    import struct

    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
