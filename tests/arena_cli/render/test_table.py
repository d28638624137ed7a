from __future__ import annotations

from rich.text import Text

from arena_cli.render.table import table


def test_columns_are_aligned_and_lines_end_without_spaces() -> None:
    shown = table((("NAME", "left"), ("N", "right"), ("X", "left")), [["a", "10", "x"], ["long name", "1", ""]])
    assert shown.plain == "NAME        N  X\na          10  x\nlong name   1"


def test_wide_characters_count_as_two_columns() -> None:
    shown = table((("A", "left"), ("B", "left")), [[Text("日本"), "x"], ["ab", "y"]])
    assert shown.plain == "A     B\n日本  x\nab    y"


def test_no_rows_is_the_heading_alone() -> None:
    assert table((("A", "left"),), []).plain == "A"
