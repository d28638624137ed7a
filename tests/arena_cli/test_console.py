from __future__ import annotations

import io

import pytest

from arena_cli.console import Ansi, make, wants_colour, wants_live


@pytest.mark.parametrize(
    ("ansi", "environment", "terminal", "colour"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),  # no-color.org: "present and not an empty string"
        ("auto", {"NO_COLOR": "0"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"CLICOLOR": "0"}, True, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
        ("auto", {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"CLICOLOR_FORCE": "1"}, True, False),
    ],
)
def test_who_gets_colour(ansi: Ansi, environment: dict[str, str], terminal: bool, colour: bool) -> None:
    assert wants_colour(ansi, environment, terminal) is colour


@pytest.mark.parametrize(
    ("ansi", "environment", "terminal", "live"),
    [
        ("auto", {}, True, True),
        ("auto", {"NO_COLOR": "1"}, True, True),
        ("auto", {}, False, False),
        ("always", {}, False, False),
        ("never", {}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
    ],
)
def test_who_gets_lines_redrawn(ansi: Ansi, environment: dict[str, str], terminal: bool, live: bool) -> None:
    assert wants_live(ansi, environment, terminal) is live


def test_a_pipe_gets_whole_lines_without_colour() -> None:
    stream = io.StringIO()
    make(stream, colour=False, live=False).print("x" * 500, style="red")
    assert stream.getvalue() == "x" * 500 + "\n"


def test_forced_colour_reaches_a_pipe() -> None:
    stream = io.StringIO()
    make(stream, colour=True, live=False).print("x", style="red")
    assert stream.getvalue() == "\x1b[31mx\x1b[0m\n"
