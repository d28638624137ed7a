from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.config.parse import parse
from arena.config.report import Report
from arena.config.tree import plain


def read(text: str) -> tuple[object, list[str]]:
    report = Report()
    node = parse("a.yaml", text, report)
    return node and plain(node), [f"{each.line}:{each.column} {each.where}: {each.message}" for each in report.problems]


def test_scalars_stay_as_written_and_null_is_told_apart() -> None:
    value, problems = read("{a: 1.10, b: no, c: 12:30, d: 010, e: ~, f: '', g: null, h: 'null', i: !!str 5}")
    expected = {"a": "1.10", "b": "no", "c": "12:30", "d": "010", "e": None, "f": "", "g": None, "h": "null", "i": "5"}
    assert value == expected
    assert problems == []


def test_anchors_and_merge_keys() -> None:
    text = "base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\na: {<<: *b, y: 9}\nb: {<<: [*o, *b]}\nc: {x: 7, <<: *b}\n"
    value, problems = read(text)
    assert isinstance(value, dict)
    assert value["a"] == {"x": "1", "y": "9"}
    assert value["b"] == {"x": "1", "y": "3", "z": "4"}
    assert value["c"] == {"x": "7", "y": "2"}
    assert problems == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1 a: is written twice; the first is on line 1"),
        ("a: {b: {c: 1, c: 2}}\n", "1:15 a.b.c: is written twice; the first is on line 1"),
        ("a: *nowhere\n", "1:4 a: *nowhere has no anchor before it"),
        ("a: &x [1, *x]\n", "1:11 a[1]: *x has no anchor before it"),
        ("a: {<<: 5}\n", "1:9 a.<<: can merge only mappings"),
        ("a: {<<: [5, {b: 1}]}\n", "1:9 a.<<: can merge only mappings"),
        ("{[a, b]: c}\n", "1:2 : has a key that is not plain text"),
        (
            "a: !!python/object/apply:os.system ['true']\n",
            "has the tag tag:yaml.org,2002:python/object/apply:os.system",
        ),
        ("a: !reset 5\n", "1:4 a: has the tag !reset, which is not supported"),
        ("a: 1\n---\nb: 2\n", "2:1 : holds a second document"),
        ("a: [1, 2\nb: 3\n", "is not YAML"),
        ("a:\n\tb: 1\n", "is not YAML"),
        ("a: 'open\n", "is not YAML"),
        ("a: \x01\n", "is not YAML"),
        ("a: @b\n", "1:4 : is not YAML"),
    ],
)
def test_mistakes_are_located(text: str, problem: str) -> None:
    _, problems = read(text)
    assert len(problems) == 1
    assert problem in problems[0]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "~\n", "\n\n"])
def test_an_empty_document_is_none_without_a_problem(text: str) -> None:
    assert read(text) == (None, [])


def test_a_billion_laughs_are_cut_short() -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    _, problems = read("\n".join(lines))
    assert len(problems) == 1
    assert "expands to more than" in problems[0]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60 + "]" * 60,
        "a: " + "{b: " * 60 + "c" + "}" * 60,
        "[" * 20000,
        "{" * 20000,
        "? " * 5000 + "a",
        "- " * 5000,
    ],
)
def test_deep_nesting_is_refused(text: str) -> None:
    _, problems = read(text)
    assert len(problems) == 1


@given(st.text(max_size=60))
def test_junk_is_reported_not_raised(text: str) -> None:
    read(text)


@given(st.text(alphabet="ab:-[]{}&*!<>|'\"#%@ \n\t,?", max_size=40))
def test_punctuation_is_reported_not_raised(text: str) -> None:
    read(text)


def test_the_hint_knows_the_usual_slips() -> None:
    for text, hint in (
        ("a: {b: ${C}, d: 1}", "put quotes around what holds a reference"),
        ("a:\n\tb: 1\n", "YAML does not allow tabs"),
        ("a: 'open", "check the indentation, brackets and quotes"),
    ):
        report = Report()
        assert parse("a.yaml", text, report) is None
        assert hint in report.problems[0].hint
