"""The one shape of table: upper-case headings, two spaces between columns, no rules, nothing cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from rich.text import Text

from arena_cli.render.palette import FAINT

Align = Literal["left", "right"]


def table(headings: Sequence[tuple[str, Align]], rows: Iterable[Sequence[Text | str]]) -> Text:
    """Lay `rows` out below `headings`, which pair a heading with its alignment."""
    heads = [Text(name, FAINT) for name, _ in headings]
    return columns([heads, *rows], [align for _, align in headings])


def columns(rows: Iterable[Sequence[Text | str]], aligns: Sequence[Align]) -> Text:
    """Lay `rows` out with nothing above them."""
    cells = [[_text(cell) for cell in row] for row in rows]
    widths = [max((row[index].cell_len for row in cells), default=0) for index in range(len(aligns))]
    return Text("\n").join(_line(row, widths, aligns) for row in cells)


def _line(cells: Sequence[Text], widths: Sequence[int], aligns: Sequence[Align]) -> Text:
    padded = [_pad(cell, width, align) for cell, width, align in zip(cells, widths, aligns, strict=True)]
    line = Text("  ").join(padded)
    line.rstrip()
    return line


def _pad(cell: Text, width: int, align: Align) -> Text:
    space = " " * (width - cell.cell_len)
    return Text.assemble(cell, space) if align == "left" else Text.assemble(space, cell)


def _text(cell: Text | str) -> Text:
    return cell if isinstance(cell, Text) else Text(cell)
