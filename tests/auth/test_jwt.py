import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from arena.auth import errors
from arena.auth.jwt import Verifier
from arena.errors import ConfigError
from arena.model.principal import Principal
from arena.model.project import Jwt

SECRET = "s" * 32
NOW = 1_700_000_000.0
CLAIMS = {
    "sub": "alice",
    "iss": "arena",
    "aud": "arena",
    "exp": NOW + 60,
    "roles": ["user"],
    "scope": "a b",
    "jti": "7",
}


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(Jwt(SECRET))


def test_a_good_token_makes_a_principal(verifier, forge) -> None:
    principal = verifier.verify(forge(CLAIMS), NOW)
    assert principal == Principal("alice", frozenset({"user"}), frozenset({"a", "b"}), NOW + 60, "7")


def test_the_clock_is_the_machines_own_by_default(verifier, forge) -> None:
    assert verifier.verify(forge(CLAIMS | {"exp": time.time() + 5})).subject == "alice"
    with pytest.raises(errors.TokenExpired):
        verifier.verify(forge(CLAIMS))


def test_only_the_claims_needed_are_needed(verifier, forge) -> None:
    bare = {key: CLAIMS[key] for key in ("sub", "iss", "aud", "exp")}
    assert verifier.verify(forge(bare), NOW) == Principal("alice", expires_at=NOW + 60)


def test_an_audience_among_several(verifier, forge) -> None:
    assert verifier.verify(forge(CLAIMS | {"aud": ["other", "arena"]}), NOW).subject == "alice"


def test_issuer_and_audience_left_empty_are_not_compared(forge) -> None:
    open_minded = Verifier(Jwt(SECRET, issuer="", audience=""))
    assert open_minded.verify(forge({"sub": "bob", "exp": NOW + 1, "aud": "x", "iss": "y"}), NOW).subject == "bob"


def test_leeway_stretches_both_ends(forge) -> None:
    lenient = Verifier(Jwt(SECRET, leeway=10))
    assert lenient.verify(forge(CLAIMS | {"exp": NOW - 9, "nbf": NOW + 9}), NOW).subject == "alice"
    with pytest.raises(errors.TokenExpired):
        lenient.verify(forge(CLAIMS | {"exp": NOW - 10}), NOW)


@pytest.mark.parametrize(("leeway", "ahead"), [(0, 10), (9, 10), (60, 60)])
def test_a_clock_that_is_ahead_is_forgiven_for_ten_seconds_or_the_leeway(forge, leeway: float, ahead: int) -> None:
    verifier = Verifier(Jwt(SECRET, leeway=leeway))
    assert verifier.verify(forge(CLAIMS | {"iat": NOW + ahead}), NOW).issued_at == NOW + ahead
    with pytest.raises(errors.TokenNotYetValid, match=r"issued \d+ .* from now"):
        verifier.verify(forge(CLAIMS | {"iat": NOW + ahead + 1}), NOW)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"exp": NOW}, "token-expired"),
        ({"exp": NOW - 86400 * 3}, "token-expired"),
        ({"exp": 0}, "token-expired"),
        ({"exp": None}, "token-missing-claim"),
        ({"exp": str(NOW + 60)}, "token-malformed"),
        ({"exp": True}, "token-malformed"),
        ({"exp": [NOW]}, "token-malformed"),
        ({"exp": 10**400}, "token-malformed"),
        ({"exp": -(10**400)}, "token-malformed"),
        ({"nbf": NOW + 1}, "token-not-yet-valid"),
        ({"nbf": "soon"}, "token-malformed"),
        ({"iat": NOW + 10.5}, "token-not-yet-valid"),
        ({"iat": NOW + 86400}, "token-not-yet-valid"),
        ({"iat": "now"}, "token-malformed"),
        ({"sub": None}, "token-missing-claim"),
        ({"sub": ""}, "token-malformed"),
        ({"sub": 7}, "token-malformed"),
        ({"sub": "a\nb"}, "token-malformed"),
        ({"sub": "\ud800"}, "token-malformed"),
        ({"sub": "a" * 257}, "token-malformed"),
        ({"iss": None}, "token-missing-claim"),
        ({"iss": "evil"}, "token-wrong-issuer"),
        ({"iss": ["arena"]}, "token-wrong-issuer"),
        ({"aud": None}, "token-missing-claim"),
        ({"aud": "arena-registry"}, "token-wrong-audience"),
        ({"aud": []}, "token-wrong-audience"),
        ({"aud": [["arena"]]}, "token-wrong-audience"),
        ({"aud": {"arena": 1}}, "token-malformed"),
        ({"roles": "admin"}, "token-malformed"),
        ({"roles": {"admin": 1}}, "token-malformed"),
        ({"roles": ["user", 7]}, "token-malformed"),
        ({"roles": [["admin"]]}, "token-malformed"),
        ({"scope": ["a", "b"]}, "token-malformed"),
        ({"jti": 7}, "token-malformed"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_claim_at_fault_is_named(verifier, forge, change: dict[str, object], code: str) -> None:
    token = forge(CLAIMS | change)
    with pytest.raises(errors.TokenRefused) as refusal:
        verifier.verify(token, NOW)
    assert refusal.value.code == code
    assert refusal.value.hint
    assert refusal.value.exit_name == "auth"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"alg": "none"}, "token-algorithm-refused"),
        ({"alg": "None"}, "token-algorithm-refused"),
        ({"alg": "hs256"}, "token-algorithm-refused"),
        ({"alg": "RS256"}, "token-algorithm-refused"),
        ({"alg": "HS384"}, "token-algorithm-refused"),
        ({"alg": ["HS256"]}, "token-algorithm-refused"),
        ({}, "token-algorithm-refused"),
        ({"alg": "HS256", "crit": ["exp"]}, "token-algorithm-refused"),
        ({"alg": "HS256", "crit": [], "b64": False}, "token-algorithm-refused"),
        ({"alg": "HS256", "b64": False}, "token-bad-signature"),
        ([], "token-malformed"),
        ("HS256", "token-malformed"),
        (b"{", "token-malformed"),
        (b"\xff\xfe", "token-malformed"),
        (b"[" * 5000, "token-malformed"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_header_at_fault(verifier, forge, header: object, code: str) -> None:
    with pytest.raises(errors.TokenRefused) as refusal:
        verifier.verify(forge(CLAIMS, header), NOW)
    assert refusal.value.code == code


def test_another_secret_or_hash_is_a_bad_signature(verifier, forge) -> None:
    for token in (forge(CLAIMS, secret="t" * 32), forge(CLAIMS, digest="sha512"), forge(CLAIMS, secret="")):
        with pytest.raises(errors.TokenBadSignature):
            verifier.verify(token, NOW)


def test_the_signature_is_checked_before_the_claims_are_believed(verifier, forge) -> None:
    with pytest.raises(errors.TokenBadSignature):
        verifier.verify(forge(CLAIMS | {"exp": 0}, secret="t" * 32), NOW)


def test_every_single_bit_matters(verifier, forge) -> None:
    token = forge(CLAIMS)
    head, claims, signature = token.split(".")
    admin = base64.urlsafe_b64encode(json.dumps(CLAIMS | {"roles": ["admin"]}).encode()).rstrip(b"=").decode()
    tampered = [f"{head}.{admin}.{signature}", f"{head}.{claims}.", f"{head}.{claims}.{signature[:-4]}"]
    for candidate in [*tampered, f"{head}.{claims}.{signature[::-1]}"]:
        with pytest.raises(errors.TokenBadSignature):
            verifier.verify(candidate, NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d",
        "a b.c.d",
        "a.b.c=",
        "é.b.c",
        "a.b.c\n",
        "\x00" * 9,
        "x" * 9000,
        "!!.??.//",
        "..sig",
    ],
    ids=lambda value: repr(value)[:20],
)
def test_junk_is_malformed_and_never_echoed(verifier, token: str) -> None:
    with pytest.raises(errors.TokenMalformed) as refusal:
        verifier.verify(token, NOW)
    assert not token.strip(". ") or token not in refusal.value.message + refusal.value.hint + refusal.value.detail


def test_characters_that_decoders_skip_do_not_make_a_second_spelling(verifier, forge) -> None:
    head, claims, signature = forge(CLAIMS).split(".")
    with pytest.raises(errors.TokenMalformed):
        verifier.verify(f"{head}.{claims}.{signature[:5]}!{signature[5:]}", NOW)


def test_nan_is_not_a_time(verifier, forge) -> None:
    claims = json.dumps(CLAIMS | {"exp": float("nan")}).encode()
    with pytest.raises(errors.TokenMalformed):
        verifier.verify(forge(claims), NOW)
    with pytest.raises(errors.TokenMalformed):
        verifier.verify(forge(claims.replace(b"NaN", b"1e999")), NOW)


@pytest.mark.parametrize("secret", ["short", "s" * 31])
def test_a_weak_secret_is_refused(secret: str) -> None:
    with pytest.raises(ConfigError):
        Verifier(Jwt(secret))


# Public keys.

_RSA = rsa.generate_private_key(65537, 2048)
_KEYS = {
    "RS256": _RSA,
    "RS384": _RSA,
    "RS512": _RSA,
    "PS256": _RSA,
    "PS384": _RSA,
    "PS512": _RSA,
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def _pem(private) -> str:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _signed(algorithm: str, key=None, **headers: object) -> str:
    return jwt.encode(CLAIMS | {"exp": int(NOW + 60)}, key or _KEYS[algorithm], algorithm, headers=headers or None)


@pytest.mark.parametrize("algorithm", list(_KEYS))
def test_a_token_of_each_algorithm(algorithm: str) -> None:
    verifier = Verifier(Jwt(algorithms=(), public_key=_pem(_KEYS[algorithm])))
    token = _signed(algorithm, kid="any")
    assert verifier.verify(token, NOW).subject == "alice"
    other = {"ES256": ec.generate_private_key(ec.SECP256R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate()}
    if algorithm in other:
        with pytest.raises(errors.TokenBadSignature):
            verifier.verify(_signed(algorithm, other[algorithm]), NOW)
    head, body, signature = token.split(".")
    with pytest.raises(errors.TokenBadSignature):
        verifier.verify(f"{head}.{body}.{signature[:-8]}AAAAAAAA", NOW)


@pytest.mark.parametrize("secret", [_pem(_RSA), _pem(_RSA).strip(), ""], ids=["pem", "stripped", "empty"])
def test_a_public_key_is_never_taken_for_a_secret(forge, secret: str) -> None:
    verifier = Verifier(Jwt(algorithms=(), public_key=_pem(_RSA)))
    for algorithm, digest in (("HS256", "sha256"), ("HS512", "sha512"), ("none", "sha256"), ("RS256", "sha256")):
        with pytest.raises(errors.TokenRefused):
            verifier.verify(forge(CLAIMS, {"alg": algorithm, "typ": "JWT"}, secret, digest), NOW)


def test_algorithms_that_were_left_out_are_refused_by_name() -> None:
    verifier = Verifier(Jwt(algorithms=("RS512", "PS512"), public_key=_pem(_RSA)))
    with pytest.raises(errors.TokenAlgorithmRefused, match="not signed with RS512 or PS512"):
        verifier.verify(_signed("RS256"), NOW)


def test_longer_hmac_where_it_was_asked_for() -> None:
    secret = "k" * 64
    verifier = Verifier(Jwt(secret, algorithms=("HS512", "HS384")))
    for algorithm in ("HS384", "HS512"):
        assert verifier.verify(_signed(algorithm, secret), NOW).subject == "alice"
    with pytest.raises(errors.TokenAlgorithmRefused):
        verifier.verify(_signed("HS256", secret), NOW)


def test_a_key_that_the_token_brings_itself_is_ignored() -> None:
    mine = rsa.generate_private_key(65537, 2048)
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(mine.public_key()))
    verifier = Verifier(Jwt(algorithms=(), public_key=_pem(_RSA)))
    with pytest.raises(errors.TokenBadSignature):
        verifier.verify(_signed("RS256", mine, jwk=jwk, jku="http://127.0.0.1:1/", x5u="http://127.0.0.1:1/"), NOW)
