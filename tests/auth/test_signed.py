"""auth.signed: what Arena's parts say to services, and every way to say it falsely."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest

from arena.auth import errors, signed, signing_key
from arena.auth.signed import ANONYMOUS, LEEWAY, PRINCIPAL, SERVICE, Kind, Statement

NOW = 1_000_000.0
KEY = signing_key.make(NOW)
KEYS = (KEY.public,)


def say(kind: Kind = PRINCIPAL, subject: str = "ana", audience: str = "web", **more: Any) -> str:
    return signed.sign(KEY, kind, subject, audience, ttl=60.0, now=NOW, **more)


def hear(token: str, *kinds: Kind, audience: str = "web", now: float = NOW) -> Statement:
    return signed.verify(token, KEYS, kinds or (PRINCIPAL,), audience, now)


def forged(token: str, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
    """The token with its header or claims changed, under its old signature."""
    parts = token.split(".")
    for index, change in enumerate((header, claims)):
        if change is not None:
            old = json.loads(base64.urlsafe_b64decode(parts[index] + "=="))
            parts[index] = base64.urlsafe_b64encode(json.dumps(old | change).encode()).rstrip(b"=").decode()
    return ".".join(parts)


def test_what_was_said_is_heard() -> None:
    heard = hear(say(roles=["user", "admin"], scope="read write", jti="t1"))
    assert heard.kind == PRINCIPAL
    who = heard.principal
    assert (who.subject, who.roles, who.scopes, who.token_id) == ("ana", {"user", "admin"}, {"read", "write"}, "t1")
    assert who.expires_at == NOW + 60


def test_any_jwt_library_can_verify_it_with_the_key_set() -> None:
    key = jwt.PyJWK({name: getattr(KEY.public, name) for name in ("kty", "crv", "alg", "kid", "x", "use")})
    claims = jwt.decode(
        say(), key, algorithms=["EdDSA"], audience="web", issuer="arena-gateway", options={"verify_exp": False}
    )
    assert claims["sub"] == "ana"


@pytest.mark.parametrize("audience", ["db", "we", "web2", ""])
def test_shown_to_another_service_it_is_worth_nothing(audience: str) -> None:
    with pytest.raises(errors.TokenWrongAudience):
        hear(say(), audience=audience)


@pytest.mark.parametrize("kind", [PRINCIPAL, ANONYMOUS, SERVICE])
def test_none_is_taken_for_another_kind(kind: Kind) -> None:
    others = tuple(other for other in (PRINCIPAL, ANONYMOUS, SERVICE) if other != kind)
    with pytest.raises(errors.TokenWrongKind):
        hear(say(kind), *others)
    assert hear(say(kind), *others, kind).kind == kind


def test_a_header_that_claims_another_kind_breaks_the_signature() -> None:
    with pytest.raises(errors.TokenBadSignature):
        hear(forged(say(SERVICE), {"typ": PRINCIPAL}))


def test_claims_cannot_be_changed() -> None:
    for change in ({"sub": "root"}, {"roles": ["admin"]}, {"aud": "web", "exp": NOW + 1e6}):
        with pytest.raises(errors.TokenBadSignature):
            hear(forged(say(), None, change))


@pytest.mark.parametrize(
    ("header", "refused"),
    [
        ({"alg": "none"}, errors.TokenAlgorithmRefused),
        ({"alg": "HS256"}, errors.TokenAlgorithmRefused),
        ({"crit": ["b64"]}, errors.TokenAlgorithmRefused),
        ({"kid": "other"}, errors.TokenKeyUnknown),
        ({"kid": None}, errors.TokenKeyUnknown),
        ({"typ": "JWT"}, errors.TokenWrongKind),
        ({"typ": ["arena-principal+jwt"]}, errors.TokenWrongKind),
    ],
)
def test_headers_that_ask_for_something_else(header: dict[str, Any], refused: type[Exception]) -> None:
    with pytest.raises(refused):
        hear(forged(say(), header))


def test_the_public_key_is_no_hmac_secret() -> None:
    """RFC 8725 section 2.1: who has the public half must not be able to sign with it."""
    raw = base64.urlsafe_b64decode(KEY.public.x + "=")
    claims = {"iss": "arena-gateway", "aud": "web", "sub": "root", "exp": NOW + 60}
    for secret in (raw, KEY.public.x.encode()):
        token = jwt.encode(claims, secret, "HS256", headers={"typ": PRINCIPAL, "kid": KEY.public.kid})
        with pytest.raises(errors.TokenAlgorithmRefused):
            hear(token)


def test_another_key_under_a_known_id() -> None:
    thief = signing_key.make(NOW)
    thief = signing_key.SigningKey(KEY.public, thief.private, NOW)
    with pytest.raises(errors.TokenBadSignature):
        hear(signed.sign(thief, PRINCIPAL, "root", "web", ttl=60, now=NOW))


def test_clocks_may_differ_a_little_and_not_more() -> None:
    token = say()
    assert hear(token, now=NOW + 60 + LEEWAY - 1).principal.subject == "ana"
    with pytest.raises(errors.TokenExpired):
        hear(token, now=NOW + 60 + LEEWAY)
    assert hear(token, now=NOW - 3600).principal.subject == "ana"  # our clock is behind: nothing says it is too early


def test_the_gateway_may_speak_of_the_bearers_of_api_keys_and_the_daemon_may_not() -> None:
    assert hear(say(subject="key:acme")).principal.subject == "key:acme"
    for kind in (SERVICE, ANONYMOUS):
        with pytest.raises(errors.TokenMalformed):
            hear(say(kind, subject="key:acme"), kind)


def test_a_subject_of_any_script_arrives() -> None:
    token = say(subject="Ana Čapek 你好")
    assert token.isascii()
    assert hear(token).principal.subject == "Ana Čapek 你好"


@pytest.mark.parametrize("junk", ["", "a.b.c", "x" * 9000, "..", "e30.e30."])
def test_junk_is_refused_and_never_more(junk: str) -> None:
    with pytest.raises(errors.TokenRefused):
        hear(junk)


def test_the_gateway_says_whose_subject_it_is_and_nobody_else_does() -> None:
    named = {"format": "iss_sub", "iss": "https://one", "sub": "ana"}
    assert hear(say(sub_id=named)).principal.issuer == "https://one"
    assert hear(say()).principal.issuer == ""
    assert hear(say(SERVICE, sub_id=named), SERVICE).principal.issuer == ""


@pytest.mark.parametrize(
    "wrong",
    [
        "https://one", [], {}, {"format": "iss_sub", "sub": "ana"}, {"format": "iss_sub", "iss": "", "sub": "ana"},
        {"format": "iss_sub", "iss": ["x"], "sub": "ana"}, {"format": "iss_sub", "iss": "https://one", "sub": "eve"},
        {"format": "opaque", "iss": "https://one", "sub": "ana"},
    ],
)  # fmt: skip
def test_whose_subject_it_is_cannot_be_left_open(wrong: object) -> None:
    with pytest.raises(errors.TokenMalformed):
        hear(say(sub_id=wrong))
