from __future__ import annotations

from arena.config.problem import ConfigInvalid, Problem
from arena.errors import ConfigError, from_code


def test_a_problem_reads_as_place_line_caret_hint() -> None:
    problem = Problem("services.web.port", "should be a number", "try 80", "arena.yaml", 14, 9, "  port: eighty")
    assert str(problem).splitlines() == [
        "arena.yaml:14:9 services.web.port: should be a number",
        "   14 |   port: eighty",
        "      |         ^",
        "       hint: try 80",
    ]


def test_a_problem_without_a_place() -> None:
    assert str(Problem("ARENA_API_PORT", "should be a port")) == "ARENA_API_PORT: should be a port"
    assert str(Problem("", "the file is gone")) == "the file is gone"


def test_a_long_line_is_cut_around_the_caret() -> None:
    line = "x" * 5000 + "!" + "x" * 5000
    quoted, caret = str(Problem("a", "b", "", "f", 1, 5001, line)).splitlines()[1:3]
    assert len(quoted) < 200
    assert quoted[caret.index("^")] == "!"


def test_tabs_and_control_characters_do_not_move_the_caret() -> None:
    quoted, caret = str(Problem("a", "b", "", "f", 1, 4, "\t\x1b[!")).splitlines()[1:3]
    assert "\x1b" not in quoted
    assert quoted[caret.index("^")] == "!"


def test_the_error_tells_all_and_keeps_the_values() -> None:
    problems = (
        Problem("a", "first", file="x.yaml", line=1, column=1),
        Problem("b", "second", file="y.yaml", line=2, column=2),
    )
    error = ConfigInvalid.of(problems)
    assert error.problems == problems
    assert error.message == "x.yaml and y.yaml have 2 problems"
    assert "first" in error.detail
    assert "second" in error.detail
    assert error.exit_name == "config"
    assert isinstance(from_code(error.code, error.message), ConfigError)
