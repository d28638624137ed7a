"""policy.deadline: read, written, never put off."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.deadline import NEVER, left, read, write


@pytest.mark.parametrize(
    ("value", "at"), [(b"1763904123", 1763904123.0), (b" 1763904123.250\t", 1763904123.25), (b"0", 0.0)]
)
def test_what_is_read(value: bytes, at: float) -> None:
    assert read(value) == at


@pytest.mark.parametrize(
    "value",
    [b"", b"soon", b"-1", b"+1", b"1e9", b"nan", b"inf", b".5", b"5.", b"1763904123250", b"1,2", b"1 2", b"0x10"],
)
def test_what_is_not(value: bytes) -> None:
    assert read(value) is None


@given(st.floats(0, 4e9))
def test_what_is_written_reads_back_and_is_never_later(at: float) -> None:
    name, _, value = write(at).partition(b": ")
    again = read(value)
    assert name == b"x-request-deadline"
    assert again is not None
    assert at - 0.00101 <= again <= at + 1e-6


INSTANTS = st.none() | st.floats(0, 4e9)


@given(st.floats(0, 4e9), st.none() | st.floats(0.001, 1e6), INSTANTS)
def test_the_sooner_one_counts_and_a_client_puts_nothing_off(
    now: float, limit: float | None, asked: float | None
) -> None:
    seconds, by_client = left(now, limit, asked)
    if limit is not None:
        assert seconds <= limit
    if asked is not None:
        assert seconds <= asked - now
    assert by_client == (asked is not None and seconds == asked - now and (limit is None or seconds < limit))
    assert math.isinf(seconds) == (limit is None and asked is None)
    assert math.inf == NEVER
