"""Reply heads from upstream: bytes → ReplyHead, or a WireError, which the client sees as 502.

Sources: RFC 9112 section 6.3 (where a reply ends), RFC 9110 section 15.
"""

from __future__ import annotations

from collections.abc import Callable

import httptools

from arena.gateway.wire.errors import WireError
from arena.gateway.wire.hop import HOP_BY_HOP, connection_options

UNTIL_CLOSE = -1
CHUNKED = -2


class ReplyHead:
    """`length` is the number of body bytes announced, or UNTIL_CLOSE or CHUNKED. `fields` are the end-to-end header
    lines in their order, Content-Length included, behind an empty place for the status line. `reusable` says whether
    the connection may carry another request."""

    __slots__ = ("connection", "fields", "length", "reusable", "status")

    def __init__(self) -> None:
        self.status = 0
        self.length = UNTIL_CLOSE
        self.reusable = False
        self.connection: bytes | None = None
        self.fields: list[bytes] = [b""]


class ReplyReader:
    """Parses reply heads, one after the other, of whichever connection."""

    __slots__ = ("_head",)

    def __init__(self) -> None:
        self._head = ReplyHead()

    def read(self, raw: bytes, *, switching: bool = False) -> ReplyHead:
        """Parse `raw`, which ends with the blank line; `switching` allows status 101. Raises WireError."""
        head = self._head = ReplyHead()
        # After a head llhttp waits for the body, so that every head takes a new parser (a quarter of a microsecond).
        parser = httptools.HttpResponseParser(self)
        try:
            parser.feed_data(raw)
        except httptools.HttpParserUpgrade:
            pass  # judged below, by the status
        except httptools.HttpParserError as error:
            raise WireError(f"its reply head is not valid HTTP/1.1: {error.__context__ or error}") from None
        head.status = parser.get_status_code()
        if head.status == 101 and not switching:
            raise WireError("it switched protocols without being asked")
        head.reusable = raw.startswith(b"HTTP/1.1 ")
        if not head.reusable and not raw.startswith(b"HTTP/1.0 "):
            raise WireError("its reply is not HTTP/1.1")
        if not 100 <= head.status <= 599:
            raise WireError(f"{head.status} is not a status code")
        if head.connection is not None:
            _apply_connection(head, head.connection)
        return head

    def on_header(self, name: bytes, value: bytes) -> None:
        take = _TAKEN.get(name) or _TAKEN.get(name.lower())
        if take is None:
            self._head.fields.append(name + b": " + value)
        else:
            take(self._head, value)


def _apply_connection(head: ReplyHead, connection: bytes) -> None:
    options = connection_options(connection)
    if b"close" in options:
        head.reusable = False
    named = tuple(option + b":" for option in options if option not in (b"close", b"keep-alive"))
    if named:
        head.fields = [field for field in head.fields if not field.lower().startswith(named)]


def _take_length(head: ReplyHead, value: bytes) -> None:
    digits = value.strip(b" \t")
    if head.length != UNTIL_CLOSE or not digits.isdigit() or len(digits) > 18:
        raise WireError("its reply has no clear length")
    head.length = int(digits)
    head.fields.append(b"content-length: " + digits)


def _take_coding(head: ReplyHead, value: bytes) -> None:
    if head.length != UNTIL_CLOSE or value.strip(b" \t").lower() != b"chunked":
        raise WireError("its reply has a transfer coding other than `chunked`")
    head.length = CHUNKED


def _take_connection(head: ReplyHead, value: bytes) -> None:
    if value != b"keep-alive":  # the default, which some servers never tire of repeating
        head.connection = value if head.connection is None else head.connection + b"," + value


def _drop(_head: ReplyHead, _value: bytes) -> None:
    """Hop-by-hop, or written anew by the gateway."""


_BY_NAME: dict[bytes, Callable[[ReplyHead, bytes], None]] = {
    **dict.fromkeys(HOP_BY_HOP, _drop),
    b"x-request-id": _drop,
    b"traceparent": _drop,
    b"content-length": _take_length,
    b"transfer-encoding": _take_coding,
    b"connection": _take_connection,
}
# Also in the spelling most servers use, to save making it lower case.
_TAKEN = {**_BY_NAME, **{name.title(): take for name, take in _BY_NAME.items()}}
