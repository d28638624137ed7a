"""gateway.wire.request: what is passed on, what is refused, and that h11 (a second opinion) agrees."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.gateway.wire.errors import RequestRefused
from arena.gateway.wire.head import RequestHead
from arena.gateway.wire.request import RequestReader, changed, passed

HOST = b"Host: a.example\r\n"


def read(raw: bytes) -> RequestHead:
    return RequestReader().read(raw)


def get(*lines: bytes, target: bytes = b"/", version: bytes = b"HTTP/1.1", method: bytes = b"GET") -> bytes:
    return method + b" " + target + b" " + version + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def status_of(raw: bytes) -> int:
    with pytest.raises(RequestRefused) as caught:
        read(raw)
    assert caught.value.detail
    return caught.value.status


def test_a_plain_request() -> None:
    head = read(get(b"Host: A.Example:8000", b"Accept: */*", b"X-Empty:", target=b"/a/b?c=d"))
    assert (head.method, head.target, head.host, head.hostname) == (
        b"GET",
        b"/a/b?c=d",
        b"A.Example:8000",
        b"a.example",
    )
    assert head.fields == (b"Accept: */*", b"X-Empty: ")
    assert (head.content_length, head.keep_alive, head.old, head.expect, head.upgrade) == (0, True, False, False, b"")


SMUGGLING = {
    "both lengths": get(HOST[:-2], b"Content-Length: 5", b"Transfer-Encoding: chunked", method=b"POST"),
    "both lengths, other order": get(HOST[:-2], b"Transfer-Encoding: chunked", b"Content-Length: 5", method=b"POST"),
    "two lengths that differ": get(HOST[:-2], b"Content-Length: 5", b"Content-Length: 6", method=b"POST"),
    "two lengths that agree": get(HOST[:-2], b"Content-Length: 5", b"Content-Length: 5", method=b"POST"),
    "a list of lengths": get(HOST[:-2], b"Content-Length: 5, 5", method=b"POST"),
    "a signed length": get(HOST[:-2], b"Content-Length: +5", method=b"POST"),
    "a negative length": get(HOST[:-2], b"Content-Length: -5", method=b"POST"),
    "a hex length": get(HOST[:-2], b"Content-Length: 0x5", method=b"POST"),
    "an empty length": get(HOST[:-2], b"Content-Length:", method=b"POST"),
    "an endless length": get(HOST[:-2], b"Content-Length: " + b"9" * 40, method=b"POST"),
    "a length in other digits": get(HOST[:-2], b"Content-Length: \xd9\xa5", method=b"POST"),
    "obs-fold": get(HOST[:-2], b"X-A: b\r\n c"),
    "obs-fold by tab": get(HOST[:-2], b"X-A: b\r\n\tc"),
    "fold of the first line": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "bare LF": b"GET / HTTP/1.1\nHost: a\n\r\n\r\n",
    "bare LF in a field": get(HOST[:-2], b"X-A: b\nX-C: d"),
    "bare CR in a field": get(HOST[:-2], b"X-A: b\rX-C: d"),
    "NUL": get(HOST[:-2], b"X-A: b\0c"),
    "control character": get(HOST[:-2], b"X-A: b\x01c"),
    "DEL": get(HOST[:-2], b"X-A: b\x7fc"),
    "blank before colon": get(HOST[:-2], b"Transfer-Encoding : chunked", method=b"POST"),
    "tab before colon": get(HOST[:-2], b"Content-Length\t: 3", method=b"POST"),
    "no colon": get(HOST[:-2], b"X-A"),
    "no name": get(HOST[:-2], b": a"),
    "odd name": get(HOST[:-2], b"X(A): a"),
    "two hosts": get(HOST[:-2], HOST[:-2]),
    "two hosts that differ": get(b"Host: a", b"Host: b"),
    "no host": get(b"Accept: a"),
    "empty host": get(b"Host:"),
    "host with path": get(b"Host: a/b"),
    "host with user": get(b"Host: u@a"),
    "host with blank": get(b"Host: a b"),
    "host with list": get(b"Host: a, b"),
    "host with bad port": get(b"Host: a:8x"),
    "target of another host": get(b"Host: a", target=b"http://b/"),
    "target with user": get(b"Host: a", target=b"http://u@a/"),
    "other coding": get(HOST[:-2], b"Transfer-Encoding: gzip, chunked", method=b"POST"),
    "identity coding": get(HOST[:-2], b"Transfer-Encoding: identity", method=b"POST"),
    "chunked twice": get(HOST[:-2], b"Transfer-Encoding: chunked, chunked", method=b"POST"),
    "chunked in two lines": get(
        HOST[:-2], b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", method=b"POST"
    ),
    "chunked with dirt": get(HOST[:-2], b"Transfer-Encoding: \x0bchunked", method=b"POST"),
    "quoted chunked": get(HOST[:-2], b'Transfer-Encoding: "chunked"', method=b"POST"),
    "empty coding": get(HOST[:-2], b"Transfer-Encoding:", method=b"POST"),
    "chunked in 1.0": get(HOST[:-2], b"Transfer-Encoding: chunked", method=b"POST", version=b"HTTP/1.0"),
    "two blanks": b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
    "blank after target": b"GET /  HTTP/1.1\r\n" + HOST + b"\r\n",
    "tab for blank": b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "no version": b"GET /\r\n" + HOST + b"\r\n",
    "lower-case version": get(HOST[:-2], version=b"http/1.1"),
    "long version": get(HOST[:-2], version=b"HTTP/1.10"),
    "unknown method": get(HOST[:-2], method=b"HACK"),
    "lower-case method": get(HOST[:-2], method=b"get"),
    "another protocol": b"SETUP / RTSP/1.0\r\n" + HOST + b"\r\n",
    "ICE": b"SOURCE / ICE/1.0\r\n" + HOST + b"\r\n",
    "target with high bytes": get(HOST[:-2], target=b"/a\x80"),
    "target with control": get(HOST[:-2], target=b"/a\x01"),
    "target with fragment": get(HOST[:-2], target=b"/a#b"),
    "query with fragment": get(HOST[:-2], target=b"/a?b#c"),
    "star with GET": get(HOST[:-2], target=b"*"),
    "relative target": get(HOST[:-2], target=b"a/b"),
    "two credentials": get(HOST[:-2], b"Authorization: Bearer a", b"Authorization: Bearer b"),
    "two API keys": get(HOST[:-2], b"X-API-Key: a", b"x-api-key: a"),
}


@pytest.mark.parametrize("raw", SMUGGLING.values(), ids=SMUGGLING)
def test_smuggling_shapes_are_refused(raw: bytes) -> None:
    assert status_of(raw) == 400


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9"])
def test_other_versions_are_named(version: bytes) -> None:
    assert status_of(get(HOST[:-2], version=version)) == 505


def test_other_expectations_and_tunnels_are_refused() -> None:
    assert status_of(get(HOST[:-2], b"Expect: tea")) == 417
    assert status_of(get(b"Host: a:1", method=b"CONNECT", target=b"a:1")) == 501


@pytest.mark.parametrize("raw", SMUGGLING.values(), ids=SMUGGLING)
def test_a_refusal_leaves_the_reader_ready_for_the_next_head(raw: bytes) -> None:
    reader = RequestReader()
    with pytest.raises(RequestRefused):
        reader.read(raw)
    assert reader.read(get(b"Host: b", b"X-B: c")).fields == (b"X-B: c",)


def test_heads_with_bodies_closes_and_upgrades_leave_the_reader_ready_too() -> None:
    reader = RequestReader()
    for lines in ([b"Content-Length: 5"], [b"Transfer-Encoding: chunked"], [b"Connection: close"],
                  [b"Connection: keep-alive"], [b"Connection: Upgrade", b"Upgrade: websocket"], []):  # fmt: skip
        head = reader.read(get(HOST[:-2], *lines, method=b"POST"))
        assert head.target == b"/"
        assert head.content_length == (
            5 if b"5" in b"".join(lines) else -1 if lines[:1] == [b"Transfer-Encoding: chunked"] else 0
        )


def test_what_ends_here_is_not_passed_on() -> None:
    head = read(
        get(
            HOST[:-2],
            b"Connection: close, X-Private, keep-alive",
            b"X-Private: 1",
            b"X-PRIVATE: 2",
            b"Keep-Alive: 5",
            b"TE: trailers",
            b"Trailer: x",
            b"Proxy-Authorization: p",
            b"Proxy-Connection: q",
            b"X-Public: 3",
        )
    )
    assert head.fields == (b"X-Public: 3",)
    assert not head.keep_alive


def test_forwarding_headers_of_the_client_are_not_believed() -> None:
    names = [b"Forwarded", b"X-Forwarded-For", b"X-Forwarded-Host", b"X-Forwarded-Proto", b"X-Forwarded-Port", b"X-Real-IP",
             b"X-Forwarded-Prefix", b"X_Forwarded_For", b"x-forwarded_for", b"X_Request_Id", b"Content_Length"]  # fmt: skip
    head = read(get(HOST[:-2], *(name + b": 6.6.6.6" for name in names), b"X_Own: kept"))
    assert head.fields == (b"X_Own: kept",)


@pytest.mark.parametrize(
    ("version", "lines", "keep"),
    [
        (b"HTTP/1.1", [], True),
        (b"HTTP/1.1", [b"Connection: close"], False),
        (b"HTTP/1.1", [b"Connection: keep-alive"], True),
        (b"HTTP/1.1", [b"Connection: keep-alive", b"Connection: close"], False),
        (b"HTTP/1.1", [b"Connection: foo, CLOSE"], False),
        (b"HTTP/1.0", [], False),
        (b"HTTP/1.0", [b"Connection: keep-alive"], True),
        (b"HTTP/1.0", [b"Connection: foo"], False),
    ],
)
def test_keep_alive(version: bytes, lines: list[bytes], keep: bool) -> None:
    head = read(get(HOST[:-2], *lines, version=version))
    assert head.keep_alive is keep
    assert head.old is (version == b"HTTP/1.0")


def test_http_1_0_needs_no_host() -> None:
    assert read(get(version=b"HTTP/1.0")).host is None


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        (b"http://a.example/x?y", b"/x?y", b"a.example"),
        (b"HTTP://A.EXAMPLE/", b"/", b"A.EXAMPLE"),
        (b"http://a.example", b"/", b"a.example"),
        (b"http://a.example?q", b"/?q", b"a.example"),
    ],
)
def test_absolute_form(target: bytes, path: bytes, host: bytes) -> None:
    head = read(get(HOST[:-2], target=target))
    assert (head.target, head.host, head.hostname) == (path, host, b"a.example")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (b"A.b:80", b"a.b"),
        (b"[::1]:8000", b"[::1]"),
        (b"localhost.", b"localhost"),
        (b"a_b.c", b"a_b.c"),
        (b"127.0.0.1", b"127.0.0.1"),
    ],
)
def test_host_names(host: bytes, name: bytes) -> None:
    assert read(get(b"Host: " + host)).hostname == name


def test_a_query_may_hold_what_browsers_leave_as_it_is() -> None:
    assert read(get(HOST[:-2], target=b'/a?b={"c"|^`\\}')).target == b'/a?b={"c"|^`\\}'


def test_a_sane_request_id_is_taken_and_an_odd_one_is_not() -> None:
    assert read(get(HOST[:-2], b"X-Request-Id: abc-123")).request_id == b"abc-123"
    for odd in (b'a"b', b"a b", b"", b"x" * 129, b"\xff"):
        assert read(get(HOST[:-2], b"X-Request-Id: " + odd)).request_id == b""
    assert read(get(HOST[:-2], b"X-Request-Id: a", b"X-Request-Id: b")).request_id == b""
    assert read(get(HOST[:-2])).request_id is None


def test_an_offer_of_http_2_is_passed_over_and_websocket_is_seen() -> None:
    offer = get(HOST[:-2], b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAA")
    assert read(offer).upgrade == b""
    assert read(offer).fields == ()
    assert read(get(HOST[:-2], b"Connection: Upgrade", b"Upgrade: websocket")).upgrade == b"websocket"


# A second opinion.


def h11_accepts(raw: bytes) -> bool:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(raw)
    try:
        return isinstance(connection.next_event(), h11.Request)
    except h11.RemoteProtocolError:
        return False


def ours_accepts(raw: bytes) -> bool:
    try:
        read(raw)
    except RequestRefused:
        return False
    return True


_names = st.sampled_from(
    [b"Host", b"X-A", b"Content-Length", b"Transfer-Encoding", b"X A", b"", b"X\0", b"Connection", b"A:b"]
)
_values = st.sampled_from(
    [b"a", b"5", b"chunked", b"5,5", b" 5 ", b"a\rb", b"a\nb", b"\x00", b"identity", b"close", b"a\r\n b", b""]
)
_seps = st.sampled_from([b": ", b":", b" :", b"\t: ", b""])
_ends = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n"])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    line = draw(
        st.sampled_from(
            [b"GET / HTTP/1.1", b"POST /a HTTP/1.1", b"GET  / HTTP/1.1", b"GET / HTTP/1.0", b"GET /\x00 HTTP/1.1"]
        )
    )
    out = line + draw(_ends)
    if draw(st.booleans()):
        out += b"Host: a\r\n"
    for _ in range(draw(st.integers(0, 3))):
        out += draw(_names) + draw(_seps) + draw(_values) + draw(_ends)
    return out + b"\r\n"


@given(requests())
def test_what_h11_refuses_we_refuse(raw: bytes) -> None:
    if b"\r\n\r\n" in raw[:-4] or not raw.endswith(b"\r\n\r\n"):
        return  # not one head: the connection would never hand it over like this
    if ours_accepts(raw):
        assert h11_accepts(raw)


@given(st.binary(max_size=200))
def test_junk_is_refused_never_a_crash(junk: bytes) -> None:
    raw = junk.replace(b"\r\n\r\n", b"") + b"\r\n\r\n"
    if ours_accepts(raw):
        assert h11_accepts(raw)


# What is remembered.


def facts(head: RequestHead) -> dict[str, object]:
    return {name: getattr(head, name) for name in vars(RequestHead) if not name.startswith("_") and name != "passed"}


def test_a_head_read_again_is_the_same_whatever_was_made_of_it() -> None:
    reader = RequestReader()
    raw = get(HOST.strip(), b"Authorization: Bearer t", b"X-API-Key: k", b"Accept: */*", target=b"http://a.example/b?c")
    fresh = facts(read(raw))
    for _ in range(4):
        head = reader.read(bytes(bytearray(raw)))
        assert facts(head) == fresh
        other = changed(head, fields=(*head.fields, b"only: mine"), keep_alive=False, target=b"/elsewhere")
        assert (other.fields[-1], other.keep_alive, other.target) == (b"only: mine", False, b"/elsewhere")
    assert reader.known


@given(st.lists(requests(), min_size=2, max_size=4))
def test_a_reader_that_remembers_reads_as_one_that_does_not(heads: list[bytes]) -> None:
    reader = RequestReader()
    for raw in heads * 3:
        try:
            expected = facts(read(raw))
        except RequestRefused as refused:
            with pytest.raises(RequestRefused) as again:
                reader.read(raw)
            assert (again.value.status, again.value.detail) == (refused.status, refused.detail)
        else:
            assert facts(reader.read(raw)) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"Content-Length: 3",
        b"Transfer-Encoding: chunked",
        b"Connection: close",
        b"Expect: 100-continue",
        b"X-Request-ID: one",
        b"X-Request-Deadline: 1.5",
        b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        b"tracestate: a=b",
    ],
)
def test_only_plain_heads_are_remembered(line: bytes) -> None:
    reader = RequestReader()
    raw = get(HOST.strip(), line)
    assert facts(reader.read(raw)) == facts(reader.read(raw)) == facts(reader.read(raw)) == facts(read(raw))
    assert not reader.known


def test_a_remembered_head_is_known_by_its_bytes_alone() -> None:
    reader = RequestReader()
    raw = get(HOST.strip())
    assert reader.known.get(raw) is None
    for _ in range(2):
        reader.read(raw)
    again = reader.known.get(bytes(bytearray(raw)))
    assert again is not None
    assert facts(again) == facts(read(raw))
    assert reader.known.get(raw + b"x") is reader.known.get(raw[:-1]) is None


def test_lines_that_remembered_heads_have_in_common_are_kept_once() -> None:
    reader = RequestReader()
    raws = [b"GET /%d HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer abc\r\nX-Own: %d\r\n\r\n" % (n, n) for n in range(2)]
    for raw in (*raws, *raws):
        reader.read(raw)
    one, other = (reader.known.get(raw) for raw in raws)
    assert one is not None
    assert other is not None
    assert one.fields[0] is other.fields[0]
    assert one.authorization is other.authorization
    assert (one.fields[1], other.fields[1]) == (b"X-Own: 0", b"X-Own: 1")
    assert one.passed == b"a\r\nauthorization: Bearer abc\r\nX-Own: 0\r\nvia: 1.1 arena\r\n\r\n"
    assert other.passed == passed(other, other.fields)
