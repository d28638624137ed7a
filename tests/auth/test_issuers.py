from __future__ import annotations

import time
from dataclasses import replace

import jwt
import pytest

from arena.auth import errors, jwks, token
from arena.auth.issuers import Issuers
from arena.auth.revocation import Revocation, Revocations
from arena.errors import ConfigError
from arena.model.project import Jwks, Jwt
from tests.issuer import KEYS, Issuer, jwk

OURS = Jwt("s" * 40)
THEIRS = Jwt(
    issuer="https://one", audience="api", other_audiences=("arena",), leeway=9.0, algorithms=(), jwks=Jwks("x")
)
OTHERS = Jwt(issuer="https://two", algorithms=("ES256",), jwks=Jwks("x"), roles_claim="realm_access.roles")
ONE, TWO = Issuer("https://one"), Issuer("https://two")


@pytest.fixture
def issuers() -> Issuers:
    found = Issuers([OURS, THEIRS, OTHERS])
    _, one, two = found
    one.keys = jwks.read(jwks_of(jwk("RS256", "a"), jwk("EdDSA", "b"))).keys
    two.keys = jwks.read(jwks_of(jwk("ES256", "a")), ("ES256",)).keys
    return found


def jwks_of(*rows: object) -> bytes:
    import json

    return json.dumps({"keys": rows}).encode()


def refused(issuers: Issuers, text: str) -> str:
    with pytest.raises(errors.TokenRefused) as caught:
        issuers.verify(text, time.time())
    return caught.value.code


def test_each_issuer_by_its_own_keys_and_rules(issuers: Issuers) -> None:
    now = time.time()
    ours = token.issue("s" * 40, subject="me", ttl=60)
    assert issuers.verify(ours.token, now)[0].subject == "me"
    who, until = issuers.verify(ONE.token("RS256", "a", exp=int(now) + 60), now)
    assert (who.subject, who.roles, until) == ("ann", {"user"}, int(now) + 69)
    assert issuers.verify(ONE.token("EdDSA", "b", aud=["api", "x"]), now)[0].subject == "ann"
    who, _ = issuers.verify(TWO.token("ES256", "a", realm_access={"roles": ["ops"]}), now)
    assert who.roles == {"ops"}


@pytest.mark.parametrize(("issuer", "leeway"), [(ONE, 60), (TWO, 10)], ids=["its leeway", "10 seconds in any case"])
def test_no_clock_that_is_ahead_makes_a_token_outlive_a_revocation(issuer: Issuer, leeway: int) -> None:
    issuers = Issuers([OURS, replace(THEIRS, leeway=60.0), OTHERS])
    _, one, two = issuers
    one.keys, two.keys = jwks.read(jwks_of(jwk("RS256", "a"))).keys, jwks.read(jwks_of(jwk("ES256", "a"))).keys
    algorithm, at = ("RS256" if issuer is ONE else "ES256"), int(time.time())
    revoked = Revocations([Revocation("subject", "ann", at)], ours=issuers.ours)

    def outcome(iat: int, now: float) -> str:
        try:
            revoked.check(issuers.verify(issuer.token(algorithm, "a", iat=iat, exp=at + 9999), now)[0])
        except errors.TokenRefused as refusal:
            return refusal.code
        return "let in"

    for ahead in range(0, 3 * leeway, leeway // 5):  # by so much may the clock be ahead of a token issued before `at`
        assert outcome(at + ahead, at + 0.5) != "let in"  # when it was first shown
        if ahead <= leeway:
            assert outcome(at + ahead, at + 5000) == "token-revoked"  # and for ever
    assert outcome(at + leeway + 1, at + leeway + 1) == "let in"


def test_no_issuer_speaks_for_another(issuers: Issuers) -> None:
    # Signed with a key of the one, and says to be of the other: key ids are the issuer's own, and so are algorithms.
    assert refused(issuers, ONE.token("RS256", "a", iss="https://two")) == "token-algorithm-refused"
    assert refused(issuers, TWO.token("ES256", "a", iss="https://one")) == "token-bad-signature"
    assert refused(issuers, ONE.token("RS256", "a", iss="arena")) == "token-algorithm-refused"
    forged = jwt.encode({"iss": "https://one", "aud": "api", "sub": "a", "exp": 2**33}, "s" * 40, "HS256")
    assert refused(issuers, forged) == "token-algorithm-refused"


def test_strangers(issuers: Issuers) -> None:
    assert refused(issuers, ONE.token("RS256", "a", iss="https://three")) == "token-wrong-issuer"
    assert refused(issuers, jwt.encode({"sub": "a", "exp": 2**33}, "s" * 40, "HS256")) == "token-missing-claim"
    assert refused(issuers, ONE.token("RS256", "a", aud="else")) == "token-wrong-audience"
    assert refused(issuers, ONE.token("RS256", "zzz")) == "token-key-unknown"
    for subject in ("key:partner", "cert:partner"):
        assert refused(issuers, ONE.token("RS256", "a", KEYS["RS256"], sub=subject)) == "token-malformed"


def test_without_keys_nobody_can_tell(issuers: Issuers) -> None:
    _, one, two = issuers
    one.keys, one.trouble = None, "connect error"
    with pytest.raises(errors.KeysUnavailable, match=r"issuer 'https://one' cannot be had \(connect error\)") as caught:
        issuers.verify(ONE.token("RS256", "a"), time.time())
    assert caught.value.issuer == "https://one"
    assert issuers.verify(TWO.token("ES256", "a"), time.time())
    # What could not be verified with any key of theirs is refused as ever.
    assert refused(issuers, jwt.encode({"iss": "https://one"}, "s" * 40, "HS256")) == "token-algorithm-refused"
    # With stale keys, an unknown id may well be that of a newer key.
    two.trouble = "no answer within 5 s"
    assert refused(issuers, TWO.token("ES256", "new")) == "keys-unavailable"


def test_settings_that_cannot_be_used() -> None:
    with pytest.raises(ConfigError):
        Issuers([OTHERS, Jwt("short")])


@pytest.mark.parametrize(
    ("claims", "path", "roles"),
    [
        ({"realm_access": {"roles": ["a", "b"]}}, "realm_access.roles", {"a", "b"}),
        ({"https://x.example/roles": ["a"]}, "https://x.example/roles", {"a"}),
        ({"cognito:groups": ["a"]}, "cognito:groups", {"a"}),
        ({"realm_access": ["a"]}, "realm_access.roles", set()),
        ({"realm_access": None}, "realm_access.roles", set()),
        ({}, "groups", set()),
        ({"roles": ["operator"]}, "groups", set()),
    ],
)
def test_where_roles_stand(claims: dict[str, object], path: str, roles: set[str]) -> None:
    issuers = Issuers([Jwt("s" * 40, roles_claim=path)])
    text = jwt.encode({"sub": "a", "iss": "arena", "aud": "arena", "exp": 2**33, **claims}, "s" * 40, "HS256")
    assert issuers.verify(text, time.time())[0].roles == roles


@pytest.mark.parametrize("value", ["admin", {"roles": "admin"}, {"roles": [1]}, {"roles": {"a": 1}}])
def test_roles_that_are_none(value: object) -> None:
    issuers = Issuers([Jwt("s" * 40, roles_claim="r.roles" if isinstance(value, dict) else "r")])
    text = jwt.encode({"sub": "a", "iss": "arena", "aud": "arena", "exp": 2**33, "r": value}, "s" * 40, "HS256")
    assert refused(issuers, text) == "token-malformed"


def test_a_subject_is_its_issuers_own(issuers: Issuers) -> None:
    now = time.time()
    ours = token.issue("s" * 40, subject="ann", ttl=60).token
    tokens = (ours, ONE.token("EdDSA", "b"), TWO.token("ES256", "a"))
    found = [issuers.verify(text, now)[0] for text in tokens]
    assert [who.issuer for who in found] == ["", "https://one", "https://two"]
    assert [who.subject for who in found] == ["ann"] * 3 and len({who.key for who in found}) == 3


def test_only_the_issuer_that_we_sign_for_is_ours() -> None:
    second = Jwt("z" * 40, issuer="second")
    for order, expected in (([OURS, second], ""), ([second, OURS], "arena"), ([THEIRS, OURS], "")):
        text = token.issue("s" * 40, subject="ann", ttl=60).token
        assert Issuers(order).verify(text, time.time())[0].issuer == expected
    alone = Issuers([THEIRS])
    (verifier,) = alone
    verifier.keys = jwks.read(jwks_of(jwk("EdDSA", "b"))).keys
    assert alone.verify(ONE.token("EdDSA", "b"), time.time())[0].issuer == "https://one"


@pytest.mark.parametrize(
    "subject", ["\x1fhttps://two\x1fann", "\x1farena\x1fann", "\0127.0.0.1", "key:acme", "cert:ann", "\x1f", "ann\x1f"]
)
def test_no_subject_makes_a_caller_of_one_issuer_another_ones(issuers: Issuers, subject: str) -> None:
    assert refused(issuers, ONE.token("EdDSA", "b", sub=subject)) == "token-malformed"


@pytest.mark.parametrize(
    "claims", [{"sub_id": {"format": "iss_sub", "iss": "https://two", "sub": "ann"}}, {"issuer": ""}]
)
def test_no_claim_says_whose_subject_it_is_but_iss(issuers: Issuers, claims: dict[str, object]) -> None:
    assert issuers.verify(ONE.token("EdDSA", "b", **claims), time.time())[0].issuer == "https://one"
