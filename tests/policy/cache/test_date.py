"""policy.cache.date: the three forms, and nothing like them."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.cache import date

THEN = 784111777.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (b"Sun, 06 Nov 1994 08:49:37 GMT", THEN),
        (b"Sunday, 06-Nov-94 08:49:37 GMT", THEN),
        (b"Sun Nov  6 08:49:37 1994", THEN),
        (b"Sun, 06 Nov 1994 08:49:60 GMT", THEN + 22),
        (b"", None),
        (b"0", None),
        (b"-1", None),
        (b"Sun, 06 Nov 1994 08:49:37 UTC", None),
        (b"Sun, 06 Nov 1994 08:49:37 +0000", None),
        (b"sun, 06 nov 1994 08:49:37 gmt", None),
        (b"Sun, 6 Nov 1994 08:49:37 GMT", None),
        (b"Sun, 06 Nov 94 08:49:37 GMT", None),
        (b"Sun, 31 Feb 1994 08:49:37 GMT", None),
        (b"Sun, 06 Nov 1994 25:49:37 GMT", None),
        (b" Sun, 06 Nov 1994 08:49:37 GMT", None),
    ],
)
def test_forms(text: bytes, seconds: float | None) -> None:
    assert date.parse(text) == seconds


@given(st.integers(0, 253402300799))
def test_what_is_written_is_read(seconds: int) -> None:
    assert date.parse(formatdate(seconds, usegmt=True).encode()) == seconds


@given(st.binary(max_size=40))
def test_anything_is_read_or_is_none(text: bytes) -> None:
    date.parse(text)
