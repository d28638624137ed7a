"""Clients on their way through the TLS handshake.

One counts as a connection from the first moment, because it holds a file as any other does, and whoever takes longer than
`timeouts.header` to shake hands is cut off. Only then does it become a ClientConnection, told from others by `secure`. The
context is not spent on who has said nothing yet, or speaks plain HTTP (see `plain`).
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from typing import TYPE_CHECKING

from arena.gateway.connection import plain
from arena.gateway.connection.certificate import ClientCertificate
from arena.gateway.connection.client import LINGER_SECONDS, ClientConnection
from arena.tasks import spawn

if TYPE_CHECKING:
    from arena.gateway.plane import Plane

_WRITE_AHEAD = 64 * 1024  # as in a plain transport; that of TLS would hold half a megabyte for each slow client
_AT_ONCE = 64  # accepted in one turn of the loop, so that those inside are not kept waiting
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_NO_ROOM_SECONDS = 0.5
_LEAST_SECONDS = 0.001  # for a handshake that is late already: no time at all would be an error of ours
_log = logging.getLogger("arena.gateway.connection.tls")


class SecureConnection(ClientConnection):
    """A client that came by TLS."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.secure = True
        self.certificate = ClientCertificate.of(transport.get_extra_info("ssl_object"))
        transport.set_write_buffer_limits(_WRITE_AHEAD)  # type: ignore[attr-defined]  # a stream server's transports write
        super().connection_made(transport)


class Arrivals:
    """Accepts from one listening socket, which it takes over, and shakes hands as `plane.tls` says at that moment."""

    def __init__(self, plane: Plane, sock: socket.socket) -> None:
        self._plane = plane
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        sock.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Accept nobody any more."""
        self._loop.remove_reader(self._sock)
        self._sock.close()

    def _listen(self) -> None:
        if self._sock.fileno() >= 0:
            self._loop.add_reader(self._sock, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, _address = self._sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                _log.error("no connection can be accepted: %s", error)
                self._loop.remove_reader(self._sock)
                self._loop.call_later(_NO_ROOM_SECONDS, self._listen)
                return
            self._admit(sock)

    def _admit(self, sock: socket.socket) -> None:
        if self._plane.full():
            self._plane.stats.accepted += 1
            self._plane.stats.turned_away += 1
            sock.close()
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._plane.arriving.add(sock)
        spawn(self._greet(sock), name="TLS handshake")

    async def _greet(self, sock: socket.socket) -> None:
        plane = self._plane
        deadline = self._loop.time() + plane.timeouts.header
        try:
            first = await self._hear(sock)
            if plain.is_http(first):
                plane.stats.handshakes_failed["http_request"] += 1
                await plain.answer(sock, first, LINGER_SECONDS)
            else:
                await self._shake_hands(sock, max(deadline - self._loop.time(), _LEAST_SECONDS))
        except OSError as error:  # SSLError is one
            plane.stats.handshakes_failed[_reason(error)] += 1
        finally:
            plane.arriving.discard(sock)

    async def _hear(self, sock: socket.socket) -> bytes:
        """What the client says first. Raises OSError, and closes the socket then."""
        try:
            async with asyncio.timeout(self._plane.timeouts.header):
                return await plain.first_bytes(sock)
        except BaseException:
            sock.close()
            raise

    async def _shake_hands(self, sock: socket.socket, patience: float) -> None:
        tls = self._plane.tls
        if tls is None:  # as of this very moment; the door is about to notice
            sock.close()
            return
        await self._loop.connect_accepted_socket(
            lambda: SecureConnection(self._plane),
            sock,
            ssl=tls.context,
            ssl_handshake_timeout=patience,
            ssl_shutdown_timeout=LINGER_SECONDS,
        )


def _reason(error: OSError) -> str:
    """For the counter: few and stable words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "certificate_refused"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "protocol_error").lower().replace(" ", "_")
    return "timeout" if isinstance(error, (ConnectionAbortedError, TimeoutError)) else "connection_lost"
