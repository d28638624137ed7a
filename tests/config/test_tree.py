from __future__ import annotations

import pytest

from arena.config.parse import parse
from arena.config.report import Report
from arena.config.tree import Mark, Node, Path, Source, dotted, locate, plain, written

TEXT = """\
services:
  web:
    command: run
    environment: [A=1, B]
    routes:
      - path: /a
"""


@pytest.fixture
def root() -> Node:
    node = parse("arena.yaml", TEXT, Report())
    assert node is not None
    return node


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        (("services", "web", "command"), False, (3, 14)),
        (("services", "web", "command"), True, (3, 5)),
        (("services", "web"), False, (2, 3)),  # a block's key says more than its first line
        (("services", "web", "environment", "A"), False, (4, 19)),
        (("services", "web", "environment", "B"), False, (4, 24)),
        (("services", "web", "routes", 0, "path"), False, (6, 15)),
        (("services", "web", "routes", 0, "missing"), False, (6, 9)),
        (("services", "web", "routes", 7, "path"), False, (5, 5)),
        (("services", "web", "command", "when"), False, (3, 14)),  # a short form: the path goes deeper than the file
        ((), False, (1, 1)),
    ],
)
def test_locate(root: Node, path: Path, key: bool, place: tuple[int, int]) -> None:
    mark = locate(root, path, key=key)
    assert (mark.line, mark.column) == place


def test_plain(root: Node) -> None:
    assert plain(root) == {
        "services": {"web": {"command": "run", "environment": ["A=1", "B"], "routes": [{"path": "/a"}]}}
    }


def test_dotted() -> None:
    assert dotted(("services", "web", "routes", 0, "path")) == "services.web.routes[0].path"
    assert dotted(()) == ""


def test_a_mark_seeks_on_its_own_line_only() -> None:
    source = Source("f", ("a: x ${B}", "b: ${C}"))
    assert Mark(source, 1, 4).seek("${B}").column == 6
    assert Mark(source, 1, 4).seek("${C}").column == 4
    assert Mark(source, 9, 1).text == ""


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (("a", "b", 0), ("a", "b")),
        (("a", "b", 0, "path"), ("a", "b")),
        (("a", "c", 0, "path"), ("a", "c", 0)),
        (("a", "c", 3), ("a", "c", 3)),
        (("a", "d", 0, "e"), ("a", "d", 0, "e")),
        (("a", "f", "missing"), ("a", "f", "missing")),
        (("gone", 0), ("gone", 0)),
    ],
)
def test_what_a_short_form_stands_for_is_not_written(path: Path, shown: Path) -> None:
    root = parse("arena.yaml", "a: {b: word, c: [word], d: [{e: word}], f: }", Report())
    assert root is not None and written(root, path) == shown
