import re

import pytest

from arena.registry import strict
from arena.registry.refusal import Refused


def nested(levels: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(levels - 1):
        value = {"in": value}
    return value


def test_depth_and_size_have_an_edge() -> None:
    strict.bounded(nested(8), "m")
    with pytest.raises(Refused, match="nested"):
        strict.bounded(nested(9), "m")
    strict.bounded({"a": "x" * (16 * 1024 - 9)}, "m")
    with pytest.raises(Refused, match="bytes"):
        strict.bounded({"a": "x" * (16 * 1024 - 8)}, "m")


def test_keys_are_text_too() -> None:
    with pytest.raises(Refused, match="control character"):
        strict.bounded({"a": {"b\x00": 1}}, "m")
    strict.bounded({"lines": "one\n\ttwo"}, "m")


def test_defaults_apply_only_to_what_is_absent() -> None:
    assert strict.number({}, "n", 1, 2, default=1.5) == 1.5
    assert strict.whole({}, "n", 1, 2, default=2) == 2
    assert strict.optional_object({"o": None}, "o") == {}
    for bad in (None, "1", [], {}, True, 3):
        with pytest.raises(Refused):
            strict.number({"n": bad}, "n", 1, 2, default=1.5)


def test_a_pattern_must_match_the_whole() -> None:
    with pytest.raises(Refused, match="must be letters"):
        strict.matching({"k": "ab1"}, "k", re.compile("[a-z]+"), "letters")
    assert strict.matching({"k": "ab"}, "k", re.compile("[a-z]+"), "letters") == "ab"
