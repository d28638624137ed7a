from __future__ import annotations

import pytest

from arena.config.problem import ConfigInvalid
from arena.config.report import Report
from arena.config.tree import Mark, Source

SOURCE = Source("arena.yaml", ("a: 1", "secret: hunter2"))


def test_problems_come_in_the_order_of_the_file_and_once() -> None:
    report = Report()
    report.problem(Mark(SOURCE, 2, 9), ("secret",), "later")
    for _ in range(2):
        report.problem(Mark(SOURCE, 1, 4), ("a",), "earlier")
    with pytest.raises(ConfigInvalid) as caught:
        report.settle()
    assert [each.message for each in caught.value.problems] == ["earlier", "later"]
    assert "hunter2" not in caught.value.detail


def test_notes_stop_nothing() -> None:
    report = Report()
    report.note(None, (), "by the way")
    report.settle()
    assert [each.message for each in report.notes] == ["by the way"]
