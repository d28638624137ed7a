"""policy.idempotency: keys, fingerprints, and replies that end the matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.idempotency import fingerprint, is_final, read_key


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b"8e03978e-40d5-43dd-bc93-6894a57f9324", b"8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (b'"8e03978e-40d5-43dd-bc93-6894a57f9324"', b"8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (b'"a \\"b\\" \\\\"', b'a "b" \\'),
        (b"x" * 255, b"x" * 255),
    ],
)
def test_keys(value: bytes, key: bytes) -> None:
    assert read_key([value]) == key


@pytest.mark.parametrize("value", [b"", b'""', b"a b", b"a,b", b'"open', b'a"b', b"x" * 256, b"\xff", b'"a"b'])
def test_what_is_no_key(value: bytes) -> None:
    with pytest.raises(ValueError, match="255 visible"):
        read_key([value])


def test_none_and_several() -> None:
    assert read_key([]) is None
    with pytest.raises(ValueError, match="more than once"):
        read_key([b"a", b"a"])


PARTS = st.tuples(st.binary(max_size=8), st.binary(max_size=8), st.binary(max_size=8))


@given(PARTS, PARTS)
def test_fingerprints_tell_requests_apart(one: tuple[bytes, bytes, bytes], other: tuple[bytes, bytes, bytes]) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) is (one == other)


@pytest.mark.parametrize(
    ("status", "final", "with_errors"),
    [(200, True, True), (301, True, True), (400, True, True), (409, True, True), (408, False, False),
     (425, False, False), (429, False, False), (500, False, True), (503, False, True)],
)  # fmt: skip
def test_which_replies_are_final(status: int, final: bool, with_errors: bool) -> None:
    assert is_final(status, comes_back=False, keep_errors=False) is final
    assert is_final(status, comes_back=False, keep_errors=True) is with_errors
    assert is_final(status, comes_back=True, keep_errors=True) is (with_errors and status != 503)
