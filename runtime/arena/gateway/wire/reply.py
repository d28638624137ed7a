"""Reply heads from upstream: bytes → ReplyHead, or a WireError, which the client sees as 502.

Sources: RFC 9112 section 6.3 (where a reply ends), RFC 9110 section 15.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import httptools

from arena.gateway.wire.errors import WireError
from arena.gateway.wire.hop import HOP_BY_HOP, connection_options
from arena.gateway.wire.recall import Recall
from arena.gateway.wire.status import STATUS_LINES

NO_BODY = frozenset({204, 304})
UNTIL_CLOSE = -1
CHUNKED = -2
LONGEST_HEAD = 64 * 1024
_KEEP_HEADS = 512
_LONGEST_KEPT = 1024  # bytes
_KEEP_NAMES = 1024
_LONGEST_NAME = 64


class ReplyHead:
    """A reply head as it came, to be read: the same stands for every reply that came as the same bytes. `length` is the number
    of body bytes announced, or UNTIL_CLOSE or CHUNKED. `fields` are the end-to-end header lines in their order, Content-Length
    included. `reusable` says whether the connection may carry another request, `dated` whether the service said when it
    answered. `passed` is the status line and `fields` as they are sent on, where that is known, b'' where it is not.
    `simple`: it needs nothing added, and has a body unless that is empty."""

    __slots__ = ("connection", "dated", "fields", "length", "lines", "passed", "reusable", "simple", "status")

    def __init__(self) -> None:
        self.status = 0
        self.length = UNTIL_CLOSE
        self.reusable = False
        self.connection: bytes | None = None
        self.lines: list[bytes] = []  # while it is read
        self.fields: tuple[bytes, ...] = ()
        self.dated = False
        self.simple = False
        self.passed = b""

    def draft(self) -> ReplyDraft:
        """A head like it, to be changed."""
        return ReplyDraft(self.status, self.length, self.reusable, self.fields, self.dated)

    def begin(self) -> bytes:
        """The status line and the header lines as they are sent on, without the last line end."""
        return b"\r\n".join((STATUS_LINES[self.status], *self.fields))


class ReplyDraft:
    """The head of a reply as the client is to get it. Its attributes mean what those of ReplyHead mean; `fields` stand behind
    an empty place for the status line."""

    __slots__ = ("dated", "fields", "length", "reusable", "status")

    def __init__(
        self, status: int, length: int, reusable: bool = False, fields: Iterable[bytes] = (), dated: bool = False
    ) -> None:
        self.status = status
        self.length = length
        self.reusable = reusable
        self.fields = [b"", *fields]
        self.dated = dated


class ReplyReader:
    """Reads reply heads, one after the other, of whichever connection.

    Those that come again are remembered by their bytes, and shared: replies to one kind of request often differ in nothing but
    their date, which changes once a second.
    """

    __slots__ = ("_head", "_recall")

    def __init__(self) -> None:
        self._head = ReplyHead()
        self._recall: Recall[ReplyHead] = Recall(_KEEP_HEADS, _LONGEST_KEPT)

    def read(self, raw: bytes, switching: bool = False) -> ReplyHead:
        """Read `raw`, which ends with the blank line; `switching` allows status 101. Raises WireError."""
        known = self._recall.known.get(raw)
        if known is not None:
            return known
        if len(raw) > LONGEST_HEAD:
            raise too_large()
        head = self._parse(raw, switching)
        if self._recall.is_due(raw) and head.status != 101:
            head.passed = head.begin()
            self._recall.keep(raw, head)
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
        head.fields = tuple(head.lines)
        del head.lines
        head.simple = head.dated and head.status not in NO_BODY
        return head

    def on_header(self, name: bytes, value: bytes) -> None:
        try:
            take = _takers[name]
        except KeyError:
            take = _taker_of(name)
        if take is None:
            self._head.lines.append(name + b": " + value)
        else:
            take(self._head, value)


def too_large() -> WireError:
    """What is wrong with a head of more than LONGEST_HEAD bytes, whether all of it has come or not."""
    return WireError(f"its reply head is larger than {LONGEST_HEAD} bytes")


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
    named = tuple(option + b":" for option in options if option not in _NO_HEADER_OF_A_HOP)
    if named:
        head.lines = [field for field in head.lines if not field.lower().startswith(named)]


def _take_length(head: ReplyHead, value: bytes) -> None:
    digits = value.strip(b" \t")
    if head.length != UNTIL_CLOSE or not digits.isdigit() or len(digits) > 18:
        raise WireError("its reply has no clear length")
    head.length = int(digits)
    head.lines.append(b"content-length: " + digits)


def _take_coding(head: ReplyHead, value: bytes) -> None:
    if head.length != UNTIL_CLOSE or value.strip(b" \t").lower() != b"chunked":
        raise WireError("its reply has a transfer coding other than `chunked`")
    head.length = CHUNKED


def _take_connection(head: ReplyHead, value: bytes) -> None:
    if value != b"keep-alive":  # the default, which some servers never tire of repeating
        head.connection = value if head.connection is None else head.connection + b"," + value


def _take_date(head: ReplyHead, value: bytes) -> None:
    head.dated = True
    head.lines.append(b"date: " + value)


def _drop(_head: ReplyHead, _value: bytes) -> None:
    """Hop-by-hop, or written anew by the gateway."""


_Taker = Callable[[ReplyHead, bytes], None]

# What a Connection header names in vain: it may not name a field that is for whoever gets the content (RFC 9110 section 7.6.1),
# and the client would not find the end of a reply without its length.
_NO_HEADER_OF_A_HOP = frozenset({b"close", b"keep-alive", b"content-length", b"date"})

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
