from __future__ import annotations

import pytest

from arena.config.merge import merge
from arena.config.parse import parse
from arena.config.report import Report
from arena.config.tree import locate, plain


def merged(base: str, over: str) -> object:
    report = Report()
    first, second = parse("a", base, report), parse("b", over, report)
    assert first is not None
    assert second is not None
    assert report.problems == []
    return plain(merge(first, second))


@pytest.mark.parametrize(
    ("base", "over", "result"),
    [
        ("{a: 1, b: {c: 2}}", "{b: {d: 3}, e: 4}", {"a": "1", "b": {"c": "2", "d": "3"}, "e": "4"}),
        ("{command: [a, b]}", "{command: [c]}", {"command": ["c"]}),
        ("{ports: ['1']}", "{ports: ['2:2']}", {"ports": ["2:2"]}),
        ("{a: {b: 1}}", "{a: text}", {"a": "text"}),
        ("{a: 1}", "{a: ~}", {"a": None}),
        ("{environment: [A=1, B=2]}", "{environment: {B: 3}}", {"environment": {"A": "1", "B": "3"}}),
        ("{environment: {A: 1}}", "{environment: [A, C=]}", {"environment": {"A": None, "C": ""}}),
        (
            "{depends_on: [a]}",
            "{depends_on: {b: {condition: c}}}",
            {"depends_on": {"a": None, "b": {"condition": "c"}}},
        ),
        ("{env_file: a}", "{env_file: [a, {path: b}]}", {"env_file": ["a", {"path": "b"}]}),
        ("{profiles: [x]}", "{profiles: [y, x]}", {"profiles": ["x", "y"]}),
        ("{rate_limits: [{rate: 1/s}]}", "{rate_limits: []}", {"rate_limits": []}),
    ],
)
def test_rules(base: str, over: str, result: object) -> None:
    assert merged(base, over) == result


def test_routes_merge_by_name_then_by_path_and_append_the_rest() -> None:
    base = "{routes: [{name: a, path: /a}, {path: /b, roles: [x]}]}"
    over = "{routes: [{name: a, path: /A}, {path: /b, auth: none}, {path: /c}]}"
    assert merged(base, over) == {
        "routes": [{"name": "a", "path": "/A"}, {"path": "/b", "roles": ["x"], "auth": "none"}, {"path": "/c"}]
    }


def test_each_value_still_knows_its_file() -> None:
    first, second = parse("one", "a: {x: 1}", Report()), parse("two", "a: {y: 2}", Report())
    assert first is not None
    assert second is not None
    both = merge(first, second)
    assert [locate(both, ("a", key)).source.label for key in "xy"] == ["one", "two"]
