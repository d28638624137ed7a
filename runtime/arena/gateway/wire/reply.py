"""Reply heads from upstream: bytes → ReplyHead, or a WireError, which the client sees as 502.

Sources: RFC 9112 section 6.3 (where a reply ends), RFC 9110 section 15.
"""

from __future__ import annotations

from collections.abc import Callable

import httptools

from arena.gateway.wire.errors import WireError
from arena.gateway.wire.hop import HOP_BY_HOP, connection_options
from arena.gateway.wire.recall import Recall

UNTIL_CLOSE = -1
CHUNKED = -2
_KEEP_HEADS = 512
_LONGEST_KEPT = 1024  # bytes
_KEEP_NAMES = 1024
_LONGEST_NAME = 64


class ReplyHead:
    """`length` is the number of body bytes announced, or UNTIL_CLOSE or CHUNKED. `fields` are the end-to-end header
    lines in their order, Content-Length included, behind an empty place for the status line. `reusable` says whether
    the connection may carry another request, `dated` whether the service said when it answered."""

    __slots__ = ("connection", "dated", "fields", "length", "reusable", "status")

    def __init__(
        self,
        status: int = 0,
        length: int = UNTIL_CLOSE,
        reusable: bool = False,
        fields: tuple[bytes, ...] = (b"",),
        dated: bool = False,
    ) -> None:
        self.status = status
        self.length = length
        self.reusable = reusable
        self.connection: bytes | None = None
        self.fields = [*fields]
        self.dated = dated


class ReplyReader:
    """Reads reply heads, one after the other, of whichever connection.

    Those that come again are remembered by their bytes: replies to one kind of request often differ in nothing but their
    date, which changes once a second.
    """

    __slots__ = ("_head", "_recall")

    def __init__(self) -> None:
        self._head = ReplyHead()
        self._recall: Recall[tuple[int, int, bool, tuple[bytes, ...], bool]] = Recall(_KEEP_HEADS, _LONGEST_KEPT)

    def read(self, raw: bytes, *, switching: bool = False) -> ReplyHead:
        """Read `raw`, which ends with the blank line; `switching` allows status 101. Raises WireError."""
        known = self._recall.known.get(raw)
        if known is not None:
            return ReplyHead(*known)
        head = self._parse(raw, switching)
        if self._recall.is_due(raw) and head.status != 101:
            self._recall.keep(raw, (head.status, head.length, head.reusable, tuple(head.fields), head.dated))
        return head

    def _parse(self, raw: bytes, switching: bool) -> ReplyHead:
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
        try:
            take = _takers[name]
        except KeyError:
            take = _taker_of(name)
        if take is None:
            self._head.fields.append(name + b": " + value)
        else:
            take(self._head, value)


def _taker_of(name: bytes) -> _Taker | None:
    """What reads the headers of a name not met in this spelling before, None when they are only passed on."""
    if len(_takers) >= _KEEP_NAMES:
        _takers.clear()
    take = _BY_NAME.get(name.lower())
    if len(name) <= _LONGEST_NAME:
        _takers[name] = take
    return take


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


def _take_date(head: ReplyHead, value: bytes) -> None:
    head.dated = True
    head.fields.append(b"date: " + value)


def _drop(_head: ReplyHead, _value: bytes) -> None:
    """Hop-by-hop, or written anew by the gateway."""


_Taker = Callable[[ReplyHead, bytes], None]

_BY_NAME: dict[bytes, _Taker] = {
    **dict.fromkeys(HOP_BY_HOP, _drop),
    b"x-request-id": _drop,
    b"traceparent": _drop,
    b"content-length": _take_length,
    b"transfer-encoding": _take_coding,
    b"connection": _take_connection,
    b"date": _take_date,
}
# By the name as it was spelt, filled as names come.
_takers: dict[bytes, _Taker | None] = {}
