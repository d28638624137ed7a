from __future__ import annotations

from pathlib import Path

from arena.config.context import Reading
from arena.config.document.service import ProjectFile
from arena.config.parse import parse
from arena.config.report import Report
from arena.config.tree import Mapping
from arena.config.validate import validate


def test_says_and_locates() -> None:
    report = Report()
    root = parse("arena.yaml", "gateway: {port: 1, host: }\nservices: {}", report)
    assert isinstance(root, Mapping)
    reading = Reading(root, validate(ProjectFile, root, report), report, Path("/"), Path("/"), {})
    assert reading.says("gateway", "port")
    assert not reading.says("gateway", "host")
    assert not reading.says("gateway", "port", "deeper")
    assert reading.words("gateway", "port") == "1"
    assert [reading.words(*path) for path in (("gateway",), ("gateway", "host"), ("gone", "x"))] == ["", "", ""]
    reading.problem(("gateway", "port"), "value")
    reading.problem(("gateway", "port"), "key", key=True)
    reading.note(("services",), "by the way")
    assert [each.column for each in report.problems] == [17, 11]
    assert [each.line for each in report.notes] == [2]
