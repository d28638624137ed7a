"""Clients that speak plain HTTP where TLS is spoken: told so, as nginx does, instead of being left with a closed connection.

The first bytes are looked at and left where they are, so that a handshake finds them. That of TLS begins with the byte 22 (RFC
8446 section 5.1), as no method does. What is neither is left to TLS to refuse.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket

from arena.gateway.wire.date import DateLine

_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"OPTIONS ", b"TRACE ", b"CONNECT ", b"PRI ")
_LONGEST = max(map(len, _METHODS))
_SAID = b"The plain HTTP request was sent to HTTPS port; use https:// in its address\n"
_PIECE = 64 * 1024
_date = DateLine()


async def first_bytes(sock: socket.socket) -> bytes:
    """What a client says first, as far as it tells HTTP from TLS. Raises OSError, also for one that leaves without a word."""
    try:
        first = sock.recv(_LONGEST, socket.MSG_PEEK)
    except BlockingIOError:
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(sock, heard.set)
        try:
            await heard.wait()
        finally:
            loop.remove_reader(sock)
        first = sock.recv(_LONGEST, socket.MSG_PEEK)
    if not first:
        raise ConnectionResetError("left without a word")
    return first


def is_http(first: bytes) -> bool:
    """Whether these bytes begin a request."""
    return first.startswith(_METHODS)


async def answer(sock: socket.socket, first: bytes, patience: float) -> None:
    """Tell the client, wait for `patience` seconds at most until it has heard, and close its socket."""
    body = b"" if first.startswith(b"HEAD ") else _SAID
    head = (
        b"HTTP/1.1 400 Bad Request\r\n" + _date.now() + b"\r\ncontent-type: text/plain; charset=utf-8\r\n"
        b"content-length: %d\r\nconnection: close\r\n\r\n" % len(_SAID)
    )
    loop = asyncio.get_running_loop()
    # Who has left by then, or does not listen, has been answered all the same.
    with contextlib.closing(sock), contextlib.suppress(OSError):
        async with asyncio.timeout(patience):
            await loop.sock_sendall(sock, head + body)
            sock.shutdown(socket.SHUT_WR)
            # A socket closed over bytes that nobody read is reset, and the client may see that instead of the answer.
            while await loop.sock_recv(sock, _PIECE):
                pass
