from __future__ import annotations

import json

import typer

from arena.errors import ConfigError, PartFailed, UsageError
from arena_cli.render import failure

ERROR = PartFailed("web-1 failed", hint="its log is .arena/demo/logs/web-1.log", detail="line one\nline two\n")


def test_message_then_evidence_then_remedy() -> None:
    assert failure.as_text(ERROR).plain == (
        "error: web-1 failed\n\n  line one\n  line two\n\nhint: its log is .arena/demo/logs/web-1.log"
    )


def test_a_bare_error_is_one_line() -> None:
    assert failure.as_text(ConfigError("no arena.yaml")).plain == "error: no arena.yaml"


def test_square_brackets_of_the_evidence_are_not_markup() -> None:
    assert "[bold]x[/bold]" in failure.as_text(PartFailed("x", detail="[bold]x[/bold]")).plain


def test_the_evidence_may_not_steer_the_terminal() -> None:
    assert "\x1b" not in failure.as_text(PartFailed("x", detail="\x1b]0;title\x07\x1b[2Jgone \x1b[31mred")).plain


def test_notes() -> None:
    assert failure.as_note("by the way").plain == "note: by the way"


def test_json_for_programs() -> None:
    assert json.loads(failure.as_json(ERROR)) == {
        "error": {
            "code": "part-failed",
            "message": "web-1 failed",
            "hint": "its log is .arena/demo/logs/web-1.log",
            "detail": "line one\nline two\n",
        }
    }


def test_a_command_line_typer_cannot_read_is_a_usage_error() -> None:
    told = failure.of_usage(typer.BadParameter("Value error, 'x' is not one of 'a', 'b'."))
    assert isinstance(told, UsageError)
    assert told.message == "Invalid value: 'x' is not one of 'a', 'b'" and "--help" in told.hint


def test_a_bug_says_so_and_keeps_its_traceback_for_those_who_ask() -> None:
    try:
        raise KeyError("surprise")
    except KeyError as error:
        short, full = failure.as_bug(error, traceback=False).plain, failure.as_bug(error, traceback=True).plain
    assert "bug in Arena" in short and "ARENA_DEBUG=1" in short and "Traceback" not in short
    assert "Traceback" in full and "test_failure.py" in full
