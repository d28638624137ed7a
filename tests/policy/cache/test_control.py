"""policy.cache.control: Cache-Control, read strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.cache.control import parse


@pytest.mark.parametrize(
    ("text", "names", "seconds"),
    [
        (b"", set(), {}),
        (b"no-store", {b"no-store"}, {}),
        (b" No-Store ,, MAX-AGE=5 ", {b"no-store", b"max-age"}, {b"max-age": 5}),
        (b'max-age="60"', {b"max-age"}, {b"max-age": 60}),
        (b"max-age=60, max-age=10", {b"max-age"}, {b"max-age": 10}),
        (b"max-age=-1", {b"max-age"}, {b"max-age": 0}),
        (b"max-age=1.5", {b"max-age"}, {b"max-age": 0}),
        (b"max-age", {b"max-age"}, {b"max-age": 0}),
        (b"max-stale", {b"max-stale"}, {b"max-stale": 2**31}),
        (b"max-age=99999999999999999999999", {b"max-age"}, {b"max-age": 2**31}),
        (b"max-age=4294967296", {b"max-age"}, {b"max-age": 2**31}),
        (b'private="set-cookie, no-store", x=y', {b"private", b"x"}, {}),
        (b'x="a\\"b, no-store"', {b"x"}, {}),
    ],
)
def test_forms(text: bytes, names: set[bytes], seconds: dict[bytes, int]) -> None:
    read = parse(text)
    assert (read.names, read.seconds, read.broken) == (names, seconds, False)
    assert all(read.has(name) for name in names) and not read.has(b"absent")
    assert read.number(b"max-age") == seconds.get(b"max-age")


@pytest.mark.parametrize(
    "text", [b"max-age=60; public", b"a b", b'x="open', b"=1", b"max-age =1", b"public max-age=1", b"x=\x00"]
)
def test_what_does_not_follow_the_grammar_is_broken(text: bytes) -> None:
    assert parse(text).broken


@given(st.binary(max_size=60))
def test_anything_is_read_or_broken(text: bytes) -> None:
    read = parse(text)
    assert all(0 <= seconds <= 2**31 for seconds in read.seconds.values())
