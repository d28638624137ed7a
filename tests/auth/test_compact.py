import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.auth import compact
from arena.auth.errors import TokenMalformed


def test_header_and_claims_are_read(forge) -> None:
    assert compact.split(forge({"sub": "a"})) == compact.Unverified({"alg": "HS256", "typ": "JWT"}, {"sub": "a"})


def test_the_longest_token_is_measured_in_characters(forge) -> None:
    token = forge({"sub": "a" * 5500})
    assert len(token) < compact.MAX_TOKEN_LENGTH
    compact.split(token)
    with pytest.raises(TokenMalformed, match="longer than"):
        compact.split(forge({"sub": "a" * 6200}))


@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", fullmatch=True)))
def test_anything_is_read_or_refused(token: str) -> None:
    try:
        result = compact.split(token)
    except TokenMalformed:
        return
    assert isinstance(result.claims, dict)
