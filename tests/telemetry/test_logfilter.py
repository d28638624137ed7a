"""Reading entries and judging them."""

import pytest

from arena.model.logline import LogLine, LogQuery
from arena.telemetry.logfilter import LogFilter, covers, read_text, service_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def read(entry, **query):
    return LogFilter(LogQuery(**query), "web-1").read(entry)


def test_a_plain_line():
    assert read(b"12.5 a hello  there") == LogLine(12.5, "web", "web-1", "hello  there")


@pytest.mark.parametrize(
    "junk",
    [b"", b"\n", b"no entry", b"12.5", b"12.5 a", b"x a text", b"12.5 0 ", b"\xff\xff\xff \xff \xff"],
)
def test_what_is_not_an_entry_is_left_out(junk):
    assert read(junk) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"level":"info","event":"started","trace_id":"t","request_id":"r"}', ("info", "started", "t", "r")),
        (b'{"message":"m"}', ("", "m", "", "")),
        (b'{"msg":"m","level":30}', ("", "m", "", "")),
        (b'{"event":null,"message":"m"}', ("", "m", "", "")),
        (b'{"level":', ("", "", "", "")),
        (b"[1]", ("", "", "", "")),
        (b"{" * 100_000, ("", "", "", "")),
    ],
)
def test_json_lines_say_more(text, expected):
    line = read_text(1.0, "web", "web-1", text)
    assert (line.level, line.message, line.trace_id, line.request_id) == expected
    assert line.text == text.decode()


def test_invalid_utf8_is_replaced_and_a_carriage_return_dropped():
    assert read_text(1.0, "web", "web-1", b"caf\xe9\r").text == "caf\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f'{{"trace_id":"{TRACE}"}}', True),
        (f'{{"request_id":"{TRACE}"}}', True),
        (f'{{"other":"{TRACE}"}}', False),
        (f"GET / {TRACE}", True),
        ("GET /", False),
    ],
)
def test_by_trace(text, wanted):
    assert (read(f"1.0 a {text}".encode(), trace=TRACE) is not None) is wanted


@pytest.mark.parametrize(("since", "until", "wanted"), [(10, 10, True), (10.1, None, False), (None, 9.9, False)])
def test_by_time(since, until, wanted):
    assert (read(b"10.0 a text", since=since, until=until) is not None) is wanted


def test_by_name():
    assert service_of("a-b-12") == "a-b"
    assert covers(LogQuery(), "web-1")
    assert covers(LogQuery(services=("web",)), "web-1")
    assert covers(LogQuery(services=("web-1",)), "web-1")
    assert not covers(LogQuery(services=("web",)), "web-2-1")
