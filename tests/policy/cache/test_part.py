"""policy.cache.part: which bytes are asked for, and of what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.cache.part import Part, bounds, is_of, read
from tests.policy.cache.model import told


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (b"bytes=0-99", Part(0, 99)),
        (b"BYTES=0-99", Part(0, 99)),
        (b"bytes= 5- \t", Part(5, None)),
        (b"bytes=-7", Part(None, 7)),
        (b"bytes=0-0", Part(0, 0)),
        (b"bytes=9-3", None),
        (b"bytes=-", None),
        (b"bytes=", None),
        (b"bytes=0-1,3-4", None),
        (b"bytes=0-1,", None),
        (b"bytes=+1-2", None),
        (b"bytes=0x1-2", None),
        (b"bytes=1-2-3", None),
        (b"bytes=" + b"9" * 19 + b"-", None),
        ("bytes=\u0661-".encode(), None),
        (b"items=0-1", None),
        (b"bytes 0-1", None),
        (b"", None),
    ],
)
def test_what_is_asked_for(value: bytes, part: Part | None) -> None:
    assert read([value], []) == part


def test_two_ranges_or_two_conditions_are_for_the_service() -> None:
    assert read([b"bytes=0-1", b"bytes=2-3"], []) is None
    assert read([b"bytes=0-1"], [b'"a"', b'"b"']) is None
    assert read([b"bytes=0-1"], [b'"a"']) == Part(0, 1, b'"a"')


@given(st.binary(max_size=20), st.one_of(st.none(), st.integers(0, 25)), st.one_of(st.none(), st.integers(0, 25)))
def test_the_bytes_are_those_of_a_slice(body: bytes, first: int | None, last: int | None) -> None:
    written = b"bytes=%b-%b" % (
        str("" if first is None else first).encode(),
        str("" if last is None else last).encode(),
    )
    part = read([written], [])
    if part is None:
        assert (first, last) == (None, None) or (first is not None and last is not None and first > last)
        return
    if first is None:
        assert last is not None
        expected = body[-last:] if last else b""
    else:
        expected = body[first:] if last is None else body[first : last + 1]
    cut = bounds(part, len(body))
    assert (b"" if cut is None else body[slice(*cut)]) == expected
    assert (cut is None) is (expected == b"")


DAY = b"Sun, 06 Nov 1994 08:49:37 GMT"
NEXT = b"Mon, 07 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("unless", "lines", "same"),
    [
        (None, (), True),
        (b'"a"', (b'etag: "a"',), True),
        (b'"a"', (b'etag: "b"',), False),
        (b'"a"', (b'etag: W/"a"',), False),
        (b'W/"a"', (b'etag: W/"a"',), False),
        (b'"a"', (), False),
        (DAY, (b"last-modified: " + DAY, b"date: " + NEXT), True),
        (DAY, (b"last-modified: " + DAY, b"date: " + DAY), False),  # it may have changed within that second
        (DAY, (b"last-modified: " + DAY,), False),
        (NEXT, (b"last-modified: " + DAY, b"date: " + NEXT), False),  # later than that is not the same
        (b"yesterday", (b"last-modified: " + DAY, b"date: " + NEXT), False),
        (b"", (), False),
    ],
)
def test_what_it_is_a_part_of(unless: bytes | None, lines: tuple[bytes, ...], same: bool) -> None:
    assert is_of(Part(0, 1, unless), told(*lines)) is same
