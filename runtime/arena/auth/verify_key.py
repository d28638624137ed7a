"""What a signature is checked with: a secret, or an issuer's public key.

The key decides which algorithms may be used, never the token: a public key can therefore not be taken for an HMAC secret.
Sources: RFC 8725 sections 3.1 and 3.2, RFC 7518 sections 3.2 (secrets) and 3.3 (RSA of 2048 bits), RFC 8037 (EdDSA).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from arena.auth.secret import check_strength
from arena.errors import ConfigError
from arena.model.project import Jwt

MIN_RSA_BITS = 2048
_MAX_RSA_BITS = 8192  # beyond this a check takes so long that tokens become a way to keep us busy
_HMAC = {"HS256": 32, "HS384": 48, "HS512": 64}  # and the least bytes of a secret
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
ASYMMETRIC = (*_RSA, *_CURVES.values(), "EdDSA")


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """`material` is what PyJWT takes; `algorithms` are those a token may be signed with; `kid` is the key's id, '' for none."""

    material: Any
    algorithms: tuple[str, ...]
    kid: str = ""


class KeyUnusable(ValueError):
    """No token can be verified with this key; the message says why."""


def of_secret(secret: str, jwt: Jwt, kid: str = "") -> VerifyKey:
    """The key that a secret is. Raises ConfigError for a weak one, or algorithms that are not for secrets."""
    check_strength(secret, "the JWT secret")
    for algorithm in jwt.algorithms:
        if len(secret.encode()) < _HMAC.get(algorithm, 0):
            raise ConfigError(f"{algorithm} needs a JWT secret of at least {_HMAC[algorithm]} bytes")
    return VerifyKey(secret.encode(), _allowed(jwt, tuple(_HMAC), ("HS256",), "a secret"), kid)


def of_pem(jwt: Jwt) -> VerifyKey:
    """The issuer's public key. Raises ConfigError for what is none, or algorithms that do not fit it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(jwt.public_key.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError(
            f"gateway.auth.jwt.public_key: the key of the issuer {jwt.issuer!r} cannot be read",
            hint="openssl pkey -pubin -in KEY.pem -text",
        ) from None
    try:
        possible, kind = algorithms_of(key)
    except KeyUnusable as error:
        raise ConfigError(
            f"gateway.auth.jwt.public_key: the key of the issuer {jwt.issuer!r} cannot be used: {error}",
            hint="RSA from 2048 bits on, P-256, P-384, P-521, Ed25519 and Ed448 can be used",
        ) from None
    return VerifyKey(key, _allowed(jwt, possible, possible, kind))


def algorithms_of(key: Any) -> tuple[tuple[str, ...], str]:
    """What tokens may be signed with if this public key is to verify them, and what kind of key it is. Raises KeyUnusable."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if isinstance(key, rsa.RSAPublicKey):
        if not MIN_RSA_BITS <= key.key_size <= _MAX_RSA_BITS:
            raise KeyUnusable(f"the RSA key has {key.key_size} bits, not {MIN_RSA_BITS} to {_MAX_RSA_BITS}")
        return _RSA, "an RSA key"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return (_CURVES[key.curve.name],), f"a key on the curve {key.curve.name}"
    if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        return ("EdDSA",), "an Edwards curve key"
    raise KeyUnusable("no token can be verified with a key of its kind")


def _allowed(jwt: Jwt, possible: tuple[str, ...], default: tuple[str, ...], kind: str) -> tuple[str, ...]:
    for algorithm in jwt.algorithms:
        if algorithm not in possible:
            raise ConfigError(
                f"gateway.auth.jwt.algorithms: {algorithm} cannot be verified with {kind}, which the issuer {jwt.issuer!r} has",
                hint=f"algorithms it can be used with: {', '.join(possible)}",
            )
    return jwt.algorithms or default
