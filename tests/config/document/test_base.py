from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from arena.config.document import base


class Sample(base.Section):
    words: base.Words | None = None
    table: base.Table | None = None
    path: base.UrlPath | None = None
    texts: base.Texts | None = None
    flag: base.Flag | None = None
    count: base.Count | None = None


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        ("words", "a 'b c'", ["a", "b c"]),
        ("words", ["a b"], ["a b"]),
        ("table", ["A=1=2", "B"], {"A": "1=2", "B": None}),
        ("table", {"A": "1"}, {"A": "1"}),
        ("path", "/a/b.c/~x", "/a/b.c/~x"),
        ("texts", "one", ["one"]),
        ("flag", "yes", True),
        ("count", "12", 12),
    ],
)
def test_forms(key: str, given: Any, value: Any) -> None:
    assert getattr(Sample.model_validate({key: given}), key) == value


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("words", "a 'b"), ("words", ""), ("words", {}), ("path", "a"), ("path", "//a"), ("path", "/a?b"), ("path", "/a b"),
        ("path", "/a/.."), ("path", "/a\\b"), ("flag", "perhaps"), ("count", "1001"), ("table", [["A"]]), ("other", "x"),
    ],
)  # fmt: skip
def test_refusals(key: str, given: Any) -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate({key: given})


def test_extensions_and_keys_without_a_value_are_let_through() -> None:
    assert Sample.model_validate({"x-mine": 1, "words": None}).words is None
    assert Sample.model_validate(None) == Sample()
