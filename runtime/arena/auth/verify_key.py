"""What a signature is checked with: the project's secret, or an issuer's public key.

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
_HMAC = {"HS256": 32, "HS384": 48, "HS512": 64}  # and the least bytes of a secret
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """`material` is what PyJWT takes; `algorithms` are those a token may be signed with."""

    material: Any
    algorithms: tuple[str, ...]


def load(jwt: Jwt) -> VerifyKey:
    """The key of an issuer. Raises ConfigError for a weak secret, a key that is none, or algorithms that do not fit it."""
    if not jwt.public_key:
        return VerifyKey(_secret(jwt), _allowed(jwt, tuple(_HMAC), ("HS256",), "a secret"))
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(jwt.public_key.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError(
            f"the public key of the issuer {jwt.issuer!r} cannot be read", hint="openssl pkey -pubin -in KEY.pem -text"
        ) from None
    possible, kind = _algorithms_of(key, jwt.issuer)
    return VerifyKey(key, _allowed(jwt, possible, possible, kind))


def _secret(jwt: Jwt) -> bytes:
    check_strength(jwt.secret, "the JWT secret")
    for algorithm in jwt.algorithms:
        if len(jwt.secret.encode()) < _HMAC.get(algorithm, 0):
            raise ConfigError(f"{algorithm} needs a JWT secret of at least {_HMAC[algorithm]} bytes")
    return jwt.secret.encode()


def _algorithms_of(key: Any, issuer: str) -> tuple[tuple[str, ...], str]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MIN_RSA_BITS:
            raise ConfigError(
                f"the RSA key of the issuer {issuer!r} has {key.key_size} bits",
                hint=f"ask for one of at least {MIN_RSA_BITS}",
            )
        return _RSA, "an RSA key"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return (_CURVES[key.curve.name],), f"a key on the curve {key.curve.name}"
    if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        return ("EdDSA",), "an Edwards curve key"
    raise ConfigError(
        f"no token can be verified with the public key of the issuer {issuer!r}",
        hint="RSA, P-256, P-384, P-521, Ed25519 and Ed448 can be used",
    )


def _allowed(jwt: Jwt, possible: tuple[str, ...], default: tuple[str, ...], kind: str) -> tuple[str, ...]:
    for algorithm in jwt.algorithms:
        if algorithm not in possible:
            raise ConfigError(
                f"{algorithm} cannot be verified with {kind}, which the issuer {jwt.issuer!r} has",
                hint=f"algorithms it can be used with: {', '.join(possible)}",
            )
    return jwt.algorithms or default
