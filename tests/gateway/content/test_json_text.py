from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.gateway.content.json_text import BadJson, read, write

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "text",
    ["1.10", "1E400", "-0", "123456789012345678901234567890", "0.1e-7", '{"a":[1.0,{"b":-2.50}],"é":"\\n"}', '"x"', "null",
     "9" * 5000, '{"":""}', "[]"],
)  # fmt: skip
def test_what_is_read_is_written_as_it_was(text: str) -> None:
    assert write(read(text.encode())).decode() == text


@given(value=VALUES)
def test_every_value_survives(value: object) -> None:
    text = json.dumps(value)
    assert json.loads(write(read(text.encode()))) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"a":1,"a":2}', "two members of the same name"),
        (b'[{"x":{"b":1,"b":1}}]', "two members of the same name"),
        (b"NaN", "NaN is no number"),
        (b'{"a":-Infinity}', "Infinity is no number"),
        (b"\xff", "not UTF-8"),
        ("1".encode("utf-16"), "not UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"", "Expecting value"),
        (b"{", "line 1, column 2"),
        (b"{} {}", "Extra data"),
        (b"{'a':1}", "Expecting property name"),
        (b"[1,]", "Expecting value|Illegal trailing comma"),
        (b"01", "Extra data"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
    ],
)
def test_what_has_no_one_meaning_is_refused(text: bytes, why: str) -> None:
    with pytest.raises(BadJson, match=why):
        read(text)


def test_half_a_surrogate_pair_stays_escaped() -> None:
    assert write(read(b'{"a":"\\ud800","b":1.50}')) == b'{"a":"\\ud800","b":1.50}'


def test_text_that_looks_like_a_number_stays_text() -> None:
    assert write(read(b'["1.10","-0"]')) == b'["1.10","-0"]'


@given(text=st.text(alphabet='{}[]",:0123456789.eE+-aNI\\ \n', max_size=60))
def test_it_reads_what_the_library_reads_or_less(text: str) -> None:
    try:
        value = read(text.encode())
    except BadJson:
        return
    assert json.loads(write(value)) == json.loads(text)
