"""Where a message ends: readers that turn what arrives into body bytes.

A reader is fed until `done`; `rest` then holds what came behind the end. Sources: RFC 9112 sections 6.3 and 7.1.
"""

from __future__ import annotations

from typing import Protocol

import httptools

from arena.gateway.wire.errors import WireError

_FRAME = b"POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
_SPARE_FRAMING = 16 * 1024


class Body(Protocol):
    """What every reader offers. `clean` is False when bytes behind the end were lost: nothing more may be read
    there."""

    done: bool
    rest: bytes
    clean: bool

    def feed(self, data: bytes) -> bytes:
        """The body bytes in `data`, b'' if there are none. Raises WireError for framing that cannot be trusted."""
        ...


class LengthBody:
    """A body of `length` bytes, which Content-Length announced; `missing` of them have not come yet."""

    __slots__ = ("clean", "done", "missing", "rest")

    def __init__(self, length: int) -> None:
        self.missing = length
        self.done = length == 0
        self.rest = b""
        self.clean = True

    def feed(self, data: bytes) -> bytes:
        missing = self.missing
        if len(data) < missing:
            self.missing = missing - len(data)
            return data
        self.missing = 0
        self.done = True
        self.rest = data[missing:]
        return data[:missing]


class ChunkedBody:
    """A chunked body. Trailers are read and dropped (RFC 9110 section 6.5.1 allows it).

    llhttp does the parsing, behind a head of ours that says `Connection: close`: it then refuses whatever follows the
    last chunk, which tells us that there was more, though not where it began. So `clean` becomes False and the
    connection must end after this exchange, as RFC 9112 section 9.6 allows.
    """

    __slots__ = ("_framing", "_parser", "_pieces", "_size", "clean", "done", "rest")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._framing = self._size = 0
        self.done = False
        self.rest = b""
        self.clean = True
        self._parser = httptools.HttpRequestParser(self)
        self._parser.feed_data(_FRAME)

    def feed(self, data: bytes) -> bytes:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if not self.done:
                raise WireError(f"the chunked body is malformed: {error}") from None
            self.clean = False
        body = b"".join(self._pieces)
        self._pieces.clear()
        self._size += len(body)
        self._framing += len(data) - len(body)
        if self._framing > _SPARE_FRAMING + 16 * self._size:
            raise WireError("the chunked body is more framing than body")
        return body

    def on_body(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        self.done = True


class EndlessBody:
    """A reply that lasts until its connection closes."""

    __slots__ = ("clean", "done", "rest")

    def __init__(self) -> None:
        self.done = False
        self.rest = b""
        self.clean = True

    def feed(self, data: bytes) -> bytes:
        return data


def chunk(data: bytes) -> bytes:
    """One chunk holding `data`, which must not be empty."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
