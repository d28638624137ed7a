import pytest

from arena.auth import errors, token, token_key
from arena.auth.issuers import Issuers
from arena.auth.jwt import Verifier
from arena.errors import ConfigError, UsageError
from arena.model.project import Jwt

SECRET = "k" * 43
NOW = 1_700_000_000.0


def test_what_is_issued_verifies() -> None:
    issued = token.issue(SECRET, subject="alice", roles=["user", "ops"], scopes=["a", "b:c"], ttl=60, now=NOW)
    principal = Verifier(Jwt(SECRET)).verify(issued.token, NOW)
    assert (principal.subject, principal.roles, principal.scopes) == ("alice", {"user", "ops"}, {"a", "b:c"})
    assert (principal.expires_at, principal.token_id) == (NOW + 60, issued.token_id)
    assert (issued.issued_at, issued.expires_at) == (NOW, NOW + 60)


def test_claims_follow_the_standards() -> None:
    issued = token.issue(SECRET, subject="alice", roles=["user"], scopes=["a", "b"], ttl=60, now=NOW)
    inspection = token.inspect(issued.token, None, NOW)
    assert inspection.header == {"alg": "HS256", "typ": "JWT", "kid": token_key.kid_of(SECRET)}
    assert inspection.claims == {
        "iss": "arena", "aud": "arena", "sub": "alice", "iat": NOW, "exp": NOW + 60, "jti": issued.token_id,
        "roles": ["user"], "scope": "a b",
    }  # fmt: skip


def test_two_tokens_never_share_an_id() -> None:
    assert len({token.issue(SECRET, subject="a", now=NOW).token_id for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "arguments",
    [
        {"subject": ""},
        {"subject": "a\nb"},
        {"subject": "key:partner"},
        {"subject": "cert:partner"},
        {"subject": "a" * 257},
        {"subject": "a", "roles": ["two words"]},
        {"subject": "a", "roles": [""]},
        {"subject": "a", "scopes": ['quo"te']},
        {"subject": "a", "ttl": 0},
        {"subject": "a", "ttl": -5},
        {"subject": "a", "ttl": float("nan")},
        {"subject": "a", "ttl": float("inf")},
    ],
)
def test_what_a_token_cannot_carry_is_refused(arguments) -> None:
    with pytest.raises(UsageError):
        token.issue(SECRET, **arguments)


def test_a_weak_secret_signs_nothing() -> None:
    with pytest.raises(ConfigError):
        token.issue("weak", subject="alice")


def test_without_a_secret_nothing_is_called_verified() -> None:
    issued = token.issue(SECRET, subject="alice", ttl=60, now=NOW)
    inspection = token.inspect(issued.token, None, NOW + 10)
    assert (inspection.verdict, inspection.code, inspection.expires_in) == ("not verified", "no-secret", 50)


def test_with_the_secret_the_verdict_is_the_verifiers() -> None:
    issued = token.issue(SECRET, subject="alice", ttl=60, now=NOW)
    good = token.inspect(issued.token, Issuers([Jwt(SECRET)]), NOW)
    assert (good.verdict, good.reason, good.code) == ("verified", "", "")
    late = token.inspect(issued.token, Issuers([Jwt(SECRET)]), NOW + 61)
    assert (late.verdict, late.code, late.expires_in) == ("not verified", "token-expired", -1)
    foreign = token.inspect(issued.token, Issuers([Jwt("z" * 32)]), NOW)
    assert (foreign.verdict, foreign.code) == ("not verified", "token-key-unknown")


@pytest.mark.parametrize("exp", ["soon", True, None, 10**400])
def test_an_expiry_that_cannot_be_read_is_unknown(forge, exp) -> None:
    assert token.inspect(forge({"sub": "a", "exp": exp}), None, NOW).expires_in is None


def test_junk_cannot_be_inspected() -> None:
    with pytest.raises(errors.TokenMalformed):
        token.inspect("not a token", None)
