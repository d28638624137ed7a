from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.config.interpolate import InterpolationError, expand

ENV = {"A": "a", "EMPTY": "", "N": "8000"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("${A}", "a"),
        ("$A-$N", "a-8000"),
        ("x${A}y", "xay"),
        ("$$A $${A}", "$A ${A}"),
        ("${MISSING:-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${MISSING-d}", "d"),
        ("${MISSING:-}", ""),
        ("${MISSING:-${A}}", "a"),
        ("${MISSING:-${ALSO:-${N}}}/x", "8000/x"),
        ("${A:+yes}${EMPTY:+no}${EMPTY+set}${MISSING+no}", "yesset"),
        ("${A:?needed}", "a"),
        ("${EMPTY?may be empty}", ""),
        ("${A:-${MISSING:?never asked}}", "a"),
        ("{}} ${A}}", "{}} a}"),
        ("${MISSING:-a:b-c?d}", "a:b-c?d"),
    ],
)
def test_forms(text: str, result: str) -> None:
    assert expand(text, ENV).text == result


@pytest.mark.parametrize(
    ("text", "message", "fragment"),
    [
        ("${MISSING:?set it}", "MISSING is not set: set it", "${MISSING:?set it}"),
        ("${EMPTY:?}", "EMPTY is not set: it is required", "${EMPTY:?}"),
        ("${MISSING?ask ${A}}", "MISSING is not set: ask a", "${MISSING?ask ${A}}"),
        ("${A", "closing brace", "${"),
        ("${A:-b", "closing brace", "${"),
        ("${A!b}", "closing brace", "${"),
        ("${}", "followed by a name", "${}"),
        ("${1}", "followed by a name", "${1"),
        ("cost: $5", "lone \\$", "$5"),
        ("end$", "lone \\$", "$"),
        ("${A:-" * 5000, "nested more than 20 deep", "${"),
    ],
)
def test_refusals(text: str, message: str, fragment: str) -> None:
    with pytest.raises(InterpolationError, match=message.replace("${", "")) as caught:
        expand(text, ENV)
    assert caught.value.fragment == fragment


def test_unset_references_are_named_once_they_are_used() -> None:
    expansion = expand("${X} ${A:-${Y}} $Z", ENV)
    assert [each.name for each in expansion.unset] == ["X", "Z"]
    assert expansion.text == " a "


def test_kept_variables_stay_references_whatever_the_environment_says() -> None:
    env = {"PORT": "1", "A": "a"}
    keep = frozenset({"PORT"})
    assert expand("$PORT ${PORT} ${PORT:-8000} ${PORT:?x} ${A}", env, keep).text == "${PORT} ${PORT} ${PORT} ${PORT} a"
    assert expand("${PORT:+set}", {}, keep).text == "set"


@given(st.text())
def test_escaping_brings_any_text_through(text: str) -> None:
    assert expand(text.replace("$", "$$"), {}).text == text


@given(st.text(alphabet="${}:-?+AB1 "))
def test_junk_never_breaks_the_scanner(text: str) -> None:
    try:
        expand(text, ENV)
    except InterpolationError as error:
        assert error.fragment in text
