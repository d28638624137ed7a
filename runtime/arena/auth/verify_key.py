"""What a signature is checked with: a secret, or an issuer's public key. `model.signature` says what each is good for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from arena.auth.secret import check_strength
from arena.errors import ConfigError
from arena.model.project import Jwt
from arena.model.signature import SECRET_BYTES, USABLE, KeyUnusable, is_key_text, of_key


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """`material` is what PyJWT takes; `algorithms` are those a token may be signed with; `kid` is the key's id, '' for none."""

    material: Any
    algorithms: tuple[str, ...]
    kid: str = ""


def of_secret(secret: str, jwt: Jwt, kid: str = "") -> VerifyKey:
    """The key that a secret is. Raises ConfigError for a weak one, a key's text, or algorithms that are not for secrets."""
    check_strength(secret, "the JWT secret")
    if is_key_text(secret):
        raise ConfigError(
            "the JWT secret is the text of a key", hint="an issuer's public key is gateway.auth.jwt.public_key"
        )
    for algorithm in jwt.algorithms:
        if len(secret.encode()) < SECRET_BYTES.get(algorithm, 0):
            raise ConfigError(f"{algorithm} needs a JWT secret of at least {SECRET_BYTES[algorithm]} bytes")
    return VerifyKey(secret.encode(), _allowed(jwt, tuple(SECRET_BYTES), ("HS256",), "a secret"), kid)


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
            hint=USABLE,
        ) from None
    return VerifyKey(key, _allowed(jwt, possible, possible, kind))


def algorithms_of(key: Any) -> tuple[tuple[str, ...], str]:
    """What tokens may be signed with if this public key is to verify them, and what kind of key it is. Raises KeyUnusable."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if isinstance(key, rsa.RSAPublicKey):
        return of_key("rsa", bits=key.key_size)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return of_key("ec", curve=key.curve.name)
    return of_key("edwards" if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)) else "")


def _allowed(jwt: Jwt, possible: tuple[str, ...], default: tuple[str, ...], kind: str) -> tuple[str, ...]:
    for algorithm in jwt.algorithms:
        if algorithm not in possible:
            raise ConfigError(
                f"gateway.auth.jwt.algorithms: {algorithm} cannot be verified with {kind}, which the issuer {jwt.issuer!r} has",
                hint=f"algorithms it can be used with: {', '.join(possible)}",
            )
    return jwt.algorithms or default
