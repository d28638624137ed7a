from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.logline import LogLine
from arena_cli.render.logline import Printer, as_json


def line(text: str, instance: str = "web-1", at: float = 0.25) -> LogLine:
    return LogLine(at, instance.partition("-")[0], instance, text)


def plain(text: str) -> str:
    return Printer(["web-1"], colour=False).line(line(text))


def test_prefixes_are_aligned() -> None:
    printer = Printer(["web-1", "gateway-1"], colour=False)
    assert printer.line(line("hello")) == "web-1     | hello"
    assert printer.line(line("hello", "gateway-1")) == "gateway-1 | hello"


def test_who_comes_later_widens_the_prefix() -> None:
    printer = Printer(["web-1"], colour=False)
    assert printer.line(line("x", "newcomer-1")) == "newcomer-1 | x"
    assert printer.line(line("x")) == "web-1      | x"


def test_without_prefix_a_line_is_as_it_was_written() -> None:
    assert Printer(["web-1"], colour=False, prefix=False).line(line("  indented [x]")) == "  indented [x]"


def test_json_is_read_out() -> None:
    text = json.dumps(
        {"timestamp": "2026-01-31T14:05:06.789", "level": "warning", "event": "slow", "ms": 1200, "path": "/a b"}
    )
    assert plain(text) == "web-1 | 14:05:06.789 WARNING slow ms=1200 path=/a b"


def test_json_without_a_time_gets_the_time_it_was_read() -> None:
    assert re.fullmatch(r"web-1 \| \d\d:\d\d:\d\d\.250 INFO  hello", plain('{"level": "info", "message": "hello"}'))


@pytest.mark.parametrize("text", ["{not json", "[1, 2]", "{}", '"text"', "", "{", '{"a": }'])
def test_what_is_no_json_object_is_left_alone(text: str) -> None:
    assert plain(text) == f"web-1 | {text}"


@pytest.mark.parametrize("when", ['"yesterday"', "1e300", "-5", "true", "null", "[]"])
def test_a_strange_time_does_not_stop_the_line(when: str) -> None:
    assert plain(f'{{"time": {when}, "message": "still here"}}').endswith("still here")


def test_timestamps_are_rfc_3339_and_come_once() -> None:
    printer = Printer(["web-1"], colour=False, times=True)
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.250[+-]\d\d:\d\d"
    assert re.fullmatch(rf"web-1 \| {stamp} plain", printer.line(line("plain")))
    assert re.fullmatch(rf"web-1 \| {stamp} INFO  hello", printer.line(line('{"level": "info", "message": "hello"}')))


def test_a_service_cannot_steer_the_terminal_but_may_colour_its_words() -> None:
    nasty = "\x1b]0;title\x07\x1b[2J\x1b[1;1H\x1b[31mred\x1b[0m\rover\x08"
    assert plain(nasty) == "web-1 | redover"
    coloured = Printer(["web-1"], colour=True).line(line(nasty))
    assert "\x1b[31mred\x1b[0m" in coloured
    assert "\x1b[2J" not in coloured and "\x1b]" not in coloured and "\r" not in coloured


def test_nor_can_the_values_of_a_json_line() -> None:
    assert plain('{"message": "a\\u001b[2Jb\\nc", "x": "\\u0007"}').endswith('ab\\nc x=""')


def test_ids_come_last_and_once_and_empty_values_not_at_all() -> None:
    same = {
        "message": "answered",
        "request_id": "abc",
        "trace_id": "abc",
        "route": None,
        "x": "",
        "status": 200,
        "n": 0,
    }
    assert plain(json.dumps(same)).endswith("answered status=200 n=0 trace_id=abc")
    other = {"message": "m", "request_id": "r", "trace_id": "t", "n": False}
    assert plain(json.dumps(other)).endswith("m n=false request_id=r trace_id=t")
    assert plain('{"message": "m", "trace_id": [1]}').endswith("m trace_id=[1]")


def test_what_the_prefix_says_is_not_said_again() -> None:
    text = json.dumps({"message": "m", "service": "web", "instance": "web-1"})
    assert plain(text).endswith(" m")
    assert Printer([], colour=False, prefix=False).line(line(text)).endswith(" m service=web instance=web-1")
    assert plain(json.dumps({"message": "m", "service": "other"})).endswith(" m service=other")


def test_a_traceback_gets_lines_of_its_own() -> None:
    text = json.dumps(
        {"level": "error", "message": "it broke", "exception": "Traceback:\n  File x\nValueError", "n": 1}
    )
    shown = plain(text).splitlines()
    assert shown[0].endswith("ERROR it broke n=1")
    assert shown[1:] == ["web-1 |   Traceback:", "web-1 |     File x", "web-1 |   ValueError"]


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\x1b[]0;mH\x07\\")), max_size=60))
def test_any_text_becomes_one_harmless_line(text: str) -> None:
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", plain(text))


def test_colour_is_per_instance_and_per_level() -> None:
    printer = Printer(["a-1", "b-1"], colour=True)
    one, two = printer.line(line("x", "a-1")), printer.line(line("x", "b-1"))
    assert one.split("a-1")[0] != two.split("b-1")[0]
    assert "\x1b[31mERROR\x1b[0m" in printer.line(line('{"level": "error", "message": "x"}', "a-1"))


def test_programs_get_the_line_whole() -> None:
    told = json.loads(as_json(LogLine(1.5, "web", "web-1", "{…}", "info", "hello", "trace", "request")))
    assert told == {
        "at": 1.5, "service": "web", "instance": "web-1", "text": "{…}", "level": "info", "message": "hello",
        "trace_id": "trace", "request_id": "request", "fields": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("plain words", {}),
        ('{"a": {"b": [1]}, "status": 200, "null": null}', {"a": {"b": [1]}, "status": 200, "null": None}),
        ('{"event": "hello", "level": "info", "service": "web", "instance": "web-1", "trace_id": "t"}', {}),
        (
            '{"event": "other", "service": "db", "request_id": "r2"}',
            {"event": "other", "service": "db", "request_id": "r2"},
        ),
        ('{"a": NaN, "b": 1e999, "c": 1e3}', {"a": "NaN", "b": "1e999", "c": 1000.0}),
        ('{"a": ' + "[" * 200_000, {}),
        ("[1]", {}),
        ('{"broken": ', {}),
    ],
)
def test_what_a_json_line_says_besides_is_fields(text: str, fields: dict[str, object]) -> None:
    told = json.loads(
        as_json(LogLine(1.5, "web", "web-1", text, "info", "hello", "t", "r")), parse_constant=pytest.fail
    )
    assert told["text"] == text and told["fields"] == fields
