"""Request heads: bytes → RequestHead, or a refusal.

llhttp in its strict mode refuses bare CR and LF, obs-fold, blanks before the colon, control characters, a repeated or
malformed Content-Length, Content-Length beside Transfer-Encoding, and bad chunk sizes. This file refuses what is
left: a request line that is not exactly `METHOD SP target SP HTTP/1.x`, a missing, repeated or odd Host, a target
that names another host, a transfer coding other than `chunked`, repeated credentials.
Sources: RFC 9112 sections 2, 3 and 6; RFC 9110 sections 7.2 and 7.6.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from copy import copy

import httptools

from arena.gateway.wire.errors import RequestRefused
from arena.gateway.wire.head import RequestHead
from arena.gateway.wire.hop import HOP_BY_HOP, connection_options
from arena.gateway.wire.recall import Recall

_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::[0-9]{1,5})?")
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_KEEP_KNOWN_HOSTS = 1024
_LONGEST_HOST = 262  # a domain name of 255, a colon and a port
_known_hosts: dict[bytes, bytes] = {}
_KEEP_HEADS = 1024
_LONGEST_KEPT = 2048  # bytes
_KEEP_LINES = 4096
_KEEP_NAMES = 1024
_LONGEST_NAME = 64
_VIA, _VIA_OLD = b"via: 1.1 arena", b"via: 1.0 arena"  # with the version in which the request came


class _Draft:
    """A head in the making; see RequestHead for what its attributes mean. `lines` are the `fields` so far."""

    __slots__ = (
        "api_key", "authorization", "chunked", "connection", "content_length", "deadline", "expect", "fields", "host",
        "hostname", "keep_alive", "lines", "method", "old", "passed", "request_id", "target", "traceparent", "tracestate",
        "upgrade",
    )  # fmt: skip

    def __init__(self) -> None:
        self.method = b""
        self.target = b""
        self.old = False
        self.host: bytes | None = None
        self.hostname = b""
        self.authorization: bytes | None = None
        self.api_key: bytes | None = None
        self.content_length = 0
        self.chunked = False
        self.connection: bytes | None = None
        self.keep_alive = True
        self.expect = False
        self.upgrade = b""
        self.deadline: bytes | None = None
        self.request_id: bytes | None = None
        self.traceparent: bytes | None = None
        self.tracestate: bytes | None = None
        self.lines: list[bytes] = []
        self.fields: tuple[bytes, ...] = ()
        self.passed = b""


NO_HEAD: RequestHead = _Draft()
"""Of bytes that are no request."""


def changed(head: RequestHead, **differences: object) -> RequestHead:
    """Another head like this one, but for some attributes."""
    twin = copy(head)
    for name, value in differences.items():
        setattr(twin, name, value)
    return twin


def passed(head: RequestHead, fields: Iterable[bytes]) -> bytes:
    """How the header lines `fields` are sent on, behind what ends with the name of a header for the host: the host, the lines,
    Via (RFC 9110 section 7.6.3: behind those of the proxies before us) and the blank line."""
    return b"\r\n".join((head.host or b"", *fields, _VIA_OLD if head.old else _VIA, b"", b""))


_Taker = Callable[[_Draft, bytes], None]


class RequestReader:
    """Reads request heads, one after the other, of whichever connection: every head is whole, so one parser serves
    all.

    Plain ones that come again are remembered by their bytes, and shared: a program that asks the same thing once more sends the
    same head. Nothing is remembered of a head that was refused, or that announces a body, a trace, or anything about the
    connection.
    """

    __slots__ = ("_draft", "_lines", "_parser", "_recall", "known")

    def __init__(self) -> None:
        self._draft = _Draft()
        self._parser = httptools.HttpRequestParser(self)
        self._recall: Recall[RequestHead] = Recall(_KEEP_HEADS, _LONGEST_KEPT)
        self.known = self._recall.known
        """The remembered heads by their bytes, for reading alone."""
        self._lines: dict[bytes, bytes] = {}

    def read(self, raw: bytes) -> RequestHead:
        """Read `raw`, which ends with the blank line. Raises RequestRefused."""
        known = self.known.get(raw)
        if known is not None:
            return known
        head = self._parse(raw)
        if self._recall.is_due(raw) and _is_plain(head):
            self._recall.keep(raw, self._compact(head))
        return head

    def _compact(self, head: _Draft) -> _Draft:
        """The head as it is remembered. Lines that other remembered heads have too, as a rule all but the first, are there
        once: what a thousand heads take must find room in the processor's caches."""
        if len(self._lines) >= _KEEP_LINES:
            self._lines.clear()
        once = self._lines.setdefault
        head.fields = tuple([once(line, line) for line in head.fields])
        head.passed = passed(head, head.fields)
        if head.authorization is not None:
            head.authorization = once(head.authorization, head.authorization)
        return head

    def _parse(self, raw: bytes) -> _Draft:
        head = self._draft = _Draft()
        parser = self._parser
        spent = False
        try:
            parser.feed_data(raw)
        except httptools.HttpParserUpgrade:
            spent = True
        except httptools.HttpParserError as error:
            self._parser = httptools.HttpRequestParser(self)
            raise _refusal(error) from None
        head.method = parser.get_method()
        head.old = not raw.startswith(head.method + b" " + head.target + b" HTTP/1.1\r\n")
        if head.connection == b"keep-alive" and not head.old:
            head.connection = None  # the default, which some clients never tire of repeating
        if spent or head.old or head.content_length or head.connection is not None:
            # llhttp may now wait for a body or for the end; heads alone are its business here.
            self._parser = httptools.HttpRequestParser(self)
        _check(head, raw)
        head.fields = tuple(head.lines)
        del head.lines
        return head

    def on_url(self, url: bytes) -> None:
        self._draft.target = url

    def on_header(self, name: bytes, value: bytes) -> None:
        try:
            take = _takers[name]
        except KeyError:
            take = _taker_of(name)
        if take is None:
            self._draft.lines.append(name + b": " + value)
        else:
            take(self._draft, value)


def _is_plain(head: _Draft) -> bool:
    """Whether a head says nothing about a body, a trace or the connection."""
    return (
        not (head.old or head.content_length or head.expect or head.upgrade)
        and head.deadline is head.connection is head.request_id is head.traceparent is head.tracestate is None
    )


def _taker_of(name: bytes) -> _Taker | None:
    """What reads the headers of a name not met in this spelling before, None when they are only passed on."""
    lower = name.lower()
    take = _BY_NAME.get(lower)
    if take is None and lower.replace(b"_", b"-") in _BY_NAME:
        take = _drop  # CGI-like servers read X_Forwarded_For as X-Forwarded-For: such a double is dropped
    if len(_takers) >= _KEEP_NAMES:
        _takers.clear()
    if len(name) <= _LONGEST_NAME:
        _takers[name] = take
    return take


def _refusal(error: Exception) -> RequestRefused:
    if isinstance(error.__context__, RequestRefused):
        return error.__context__
    if isinstance(error, httptools.HttpParserInvalidMethodError):
        return RequestRefused(400, "the request method is not one of HTTP's")
    return RequestRefused(400, f"the request head is not valid HTTP/1.1: {error}")


def _check(head: _Draft, raw: bytes) -> None:
    """What llhttp let pass."""
    if head.old:
        _check_version(head, raw)
    if head.host is None:
        if not head.old:
            raise RequestRefused(400, "the Host header is missing (RFC 9112 section 3.2)")
    else:
        head.hostname = _known_hosts.get(head.host) or _read_host(head.host)
    if head.target[:1] != b"/":
        _check_odd_target(head)
    if b"#" in head.target:
        raise RequestRefused(400, "the request target holds a fragment, which is not for servers")
    if head.connection is not None:
        _apply_connection(head, head.connection)


def _check_version(head: _Draft, raw: bytes) -> None:
    if not raw.startswith(head.method + b" " + head.target + b" HTTP/1.0\r\n"):
        version = raw[: raw.index(b"\r")].rpartition(b" ")[2]
        if re.fullmatch(rb"HTTP/[0-9.]+", version) and version not in (b"HTTP/1.1", b"HTTP/1.0"):
            raise RequestRefused(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
        raise RequestRefused(400, "the request line is not `METHOD target HTTP/1.1`")
    if head.chunked:
        raise RequestRefused(400, "HTTP/1.0 has no Transfer-Encoding")
    head.keep_alive = False


def _check_odd_target(head: _Draft) -> None:
    if head.method == b"CONNECT":
        raise RequestRefused(501, "this gateway opens no tunnels")
    if head.target == b"*" and head.method == b"OPTIONS":
        return
    match = _ABSOLUTE.fullmatch(head.target)
    if match is None:
        raise RequestRefused(400, "the request target is neither a path nor a URL")
    if head.host is not None and match[1].lower() != head.host.lower():
        raise RequestRefused(400, "the request target names another host than the Host header")
    head.host = match[1]
    head.hostname = _read_host(match[1])
    head.target = match[2] if match[2][:1] == b"/" else b"/" + match[2]


def _read_host(host: bytes) -> bytes:
    match = _HOST.fullmatch(host)
    if match is None or len(host) > _LONGEST_HOST:
        raise RequestRefused(400, "the Host header is not a host name with an optional port")
    if len(_known_hosts) >= _KEEP_KNOWN_HOSTS:
        _known_hosts.clear()
    name = _known_hosts[host] = match[1].lower().rstrip(b".")
    return name


def _apply_connection(head: _Draft, connection: bytes) -> None:
    options = connection_options(connection)
    head.keep_alive = b"close" not in options and (not head.old or b"keep-alive" in options)
    named = tuple(option + b":" for option in options if option not in (b"close", b"keep-alive"))
    if named:
        head.lines = [field for field in head.lines if not field.lower().startswith(named)]


def _take_host(head: _Draft, value: bytes) -> None:
    if head.host is not None:
        raise RequestRefused(400, "the Host header is there twice")
    head.host = value


def _take_authorization(head: _Draft, value: bytes) -> None:
    if head.authorization is not None:
        raise RequestRefused(400, "the Authorization header is there twice")
    head.authorization = value
    head.lines.append(b"authorization: " + value)


def _take_api_key(head: _Draft, value: bytes) -> None:
    if head.api_key is not None:
        raise RequestRefused(400, "the X-API-Key header is there twice")
    head.api_key = value
    head.lines.append(b"x-api-key: " + value)


def _take_length(head: _Draft, value: bytes) -> None:
    digits = value.strip(b" \t")
    if not digits.isdigit() or len(digits) > 18:
        raise RequestRefused(400, "Content-Length is not a plain number")
    head.content_length = int(digits)


def _take_coding(head: _Draft, value: bytes) -> None:
    if head.chunked or value.strip(b" \t").lower() != b"chunked":
        raise RequestRefused(400, "the only transfer coding taken is `chunked`, once")
    head.chunked = True
    head.content_length = -1


def _take_connection(head: _Draft, value: bytes) -> None:
    head.connection = value if head.connection is None else head.connection + b"," + value


def _take_expect(head: _Draft, value: bytes) -> None:
    if value.lower() != b"100-continue":
        raise RequestRefused(417, "the only expectation understood is 100-continue")
    head.expect = True


def _take_upgrade(head: _Draft, value: bytes) -> None:
    # An offer of HTTP/2 may be passed over in silence (RFC 9110 section 7.8); Java's client makes one with every
    # request.
    if value.lower() != b"h2c":
        head.upgrade = value


def _take_deadline(head: _Draft, value: bytes) -> None:
    if head.deadline is not None:
        raise RequestRefused(400, "the X-Request-Deadline header is there twice")
    head.deadline = value


def _take_request_id(head: _Draft, value: bytes) -> None:
    sane = head.request_id is None and _REQUEST_ID.fullmatch(value) is not None
    head.request_id = value if sane else b""


def _take_traceparent(head: _Draft, value: bytes) -> None:
    head.traceparent = value if head.traceparent is None else b""


def _take_tracestate(head: _Draft, value: bytes) -> None:
    head.tracestate = value if head.tracestate is None else head.tracestate + b"," + value


def _drop(_head: _Draft, _value: bytes) -> None:
    """Hop-by-hop, or written anew by the gateway."""


_BY_NAME: dict[bytes, _Taker] = {
    **dict.fromkeys(HOP_BY_HOP, _drop),
    b"x-arena-principal": _drop,
    **dict.fromkeys(
        (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port",
         b"x-forwarded-prefix", b"x-forwarded-server", b"x-forwarded-client-cert", b"x-real-ip"),
        _drop,
    ),
    b"x-arena-mirror": _drop,  # only a mirror says so
    b"host": _take_host,
    b"authorization": _take_authorization,
    b"x-api-key": _take_api_key,
    b"content-length": _take_length,
    b"transfer-encoding": _take_coding,
    b"connection": _take_connection,
    b"expect": _take_expect,
    b"upgrade": _take_upgrade,
    b"x-request-deadline": _take_deadline,
    b"x-request-id": _take_request_id,
    b"traceparent": _take_traceparent,
    b"tracestate": _take_tracestate,
}  # fmt: skip
# By the name as it was spelt, filled as names come.
_takers: dict[bytes, _Taker | None] = {}
