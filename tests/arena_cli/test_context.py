from __future__ import annotations

import io
from pathlib import Path

import pytest

from arena.errors import UsageError
from arena_cli.context import Context, begin, current_context, set_output
from arena_cli.selection import Selection


def test_the_context_of_this_run() -> None:
    mine = begin(Context(ansi="never"))
    assert current_context() is mine and not mine.json
    assert set_output("json") == "json"
    assert current_context().json
    begin(Context())


def test_data_and_notes_go_different_ways(capsys: pytest.CaptureFixture[str]) -> None:
    context = Context()
    context.show("a table", "below")
    context.write("as it is [bold]\n\n")
    context.note("by the way")
    told = capsys.readouterr()
    assert told.out == "a table\nbelow\nas it is [bold]\n"
    assert told.err == "by the way\n"


def test_what_a_file_should_be_told_is_passed_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "arena.yaml").write_text("name: demo\nservices:\n  web: {command: x, path: .}\n")
    (tmp_path / "service.yaml").write_text("service: {name: other}\n")
    assert Context(Selection(directory=str(tmp_path))).project().name == "demo"
    assert "note: " in capsys.readouterr().err


def test_a_pipe_is_not_live(capsys: pytest.CaptureFixture[str]) -> None:
    assert not Context(ansi="always").live


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "goes_on"), [("y\n", True), ("Yes\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_a_person_is_asked(monkeypatch: pytest.MonkeyPatch, typed: str, goes_on: bool) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    if goes_on:
        Context().confirm("something", yes=False)
    else:
        with pytest.raises(UsageError, match="nothing was done"):
            Context().confirm("something", yes=False)
