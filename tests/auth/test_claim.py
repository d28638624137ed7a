import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.auth import claim
from arena.auth.errors import TokenExpired, TokenRefused
from arena.model.project import Jwt

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["sub", "exp", "nbf", "iss", "aud", "roles", "scope", "jti", "iat", "other"])


@given(st.dictionaries(NAMES, JSON | st.just("arena") | st.just(99.0), max_size=9))
def test_any_claims_are_believed_or_refused(claims: dict[str, object]) -> None:
    try:
        principal = claim.read_principal(claims, Jwt(), 50.0, ahead=10.0)
    except TokenRefused:
        return
    assert principal.subject
    assert principal.expires_at is not None
    assert principal.expires_at > 50.0
    assert claims["iss"] == "arena"


@pytest.mark.parametrize(("age", "words"), [(5, "5 s"), (119, "2 min"), (7200, "2 h"), (86400 * 4, "4 d")])
def test_the_age_of_an_expired_token_is_told(age: int, words: str) -> None:
    with pytest.raises(TokenExpired, match=f"expired {words} ago"):
        claim.read_principal({"exp": 1000}, Jwt(), 1000 + age, ahead=10.0)


@pytest.mark.parametrize("claims", [{"exp": 10}, {"exp": "x"}, {}, {"exp": 99, "iss": "them", "aud": "arena"}])
def test_only_for_a_token_of_ours_there_is_a_command(claims: dict[str, object]) -> None:
    for jwt, hint in ((Jwt(issuer="them"), "arena token issue"), (Jwt(issuer="them", public_key="-"), "its issuer")):
        with pytest.raises(TokenRefused) as refusal:
            claim.read_principal(claims, jwt, 50.0, ahead=10.0)
        assert hint in refusal.value.hint
