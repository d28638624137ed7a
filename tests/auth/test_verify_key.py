from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from arena.auth import verify_key
from arena.auth.verify_key import VerifyKey
from arena.errors import ConfigError
from arena.model.project import Jwt


def pem(private: object) -> str:
    public = private.public_key()  # type: ignore[attr-defined]  # every kind has one
    return str(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def load(jwt: Jwt) -> VerifyKey:
    return verify_key.of_pem(jwt) if jwt.public_key else verify_key.of_secret(jwt.secret, jwt)


RSA = pem(rsa.generate_private_key(65537, 2048))
P256 = pem(ec.generate_private_key(ec.SECP256R1()))
RS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")


@pytest.mark.parametrize(
    ("public", "algorithms", "allowed"),
    [
        (RSA, (), RS),
        (RSA, ("PS256", "RS256"), ("PS256", "RS256")),
        (P256, (), ("ES256",)),
        (pem(ec.generate_private_key(ec.SECP384R1())), (), ("ES384",)),
        (pem(ec.generate_private_key(ec.SECP521R1())), ("ES512",), ("ES512",)),
        (pem(ed25519.Ed25519PrivateKey.generate()), (), ("EdDSA",)),
        (pem(ed448.Ed448PrivateKey.generate()), (), ("EdDSA",)),
    ],
)
def test_the_key_says_which_algorithms_there_are(
    public: str, algorithms: tuple[str, ...], allowed: tuple[str, ...]
) -> None:
    assert verify_key.of_pem(Jwt(algorithms=algorithms, public_key=public)).algorithms == allowed


@pytest.mark.parametrize(
    ("jwt", "message"),
    [
        (Jwt(algorithms=("HS256",), public_key=RSA), "HS256 cannot be verified with an RSA key"),
        (Jwt(algorithms=("ES384",), public_key=P256), "ES384 cannot be verified with a key on the curve secp256r1"),
        (Jwt(algorithms=("none",), public_key=RSA), "none cannot be verified"),
        (Jwt("s" * 64, algorithms=("RS256",)), "RS256 cannot be verified with a secret"),
        (Jwt("s" * 40, algorithms=("HS256", "HS384")), "HS384 needs a JWT secret of at least 48 bytes"),
        (Jwt("s" * 31), "shorter than 32 bytes"),
        (Jwt(public_key="-"), "cannot be read"),
        (Jwt(public_key="junk"), "cannot be read"),
        (Jwt(public_key=RSA[:200]), "cannot be read"),
        (Jwt(public_key=pem(rsa.generate_private_key(65537, 1024))), "has 1024 bits"),
        (Jwt(public_key=pem(x25519.X25519PrivateKey.generate())), "no token can be verified"),
        (Jwt(public_key=pem(dsa.generate_private_key(1024))), "no token can be verified"),
        (Jwt(public_key=pem(ec.generate_private_key(ec.SECP256K1()))), "no token can be verified"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_keys_that_cannot_be_used(jwt: Jwt, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(jwt)


@pytest.mark.parametrize("form", ["PEM", "PKCS1", "SSH"])
def test_a_public_key_is_no_secret(form: str) -> None:
    key = rsa.generate_private_key(65537, 2048).public_key()
    encoding, kind = {
        "PEM": (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "PKCS1": (Encoding.PEM, PublicFormat.PKCS1),
        "SSH": (Encoding.OpenSSH, PublicFormat.OpenSSH),
    }[form]
    with pytest.raises(ConfigError, match="the text of a key"):
        load(Jwt(key.public_bytes(encoding, kind).decode()))


def test_a_secret_is_for_hmac_alone() -> None:
    assert load(Jwt("s" * 32)).algorithms == ("HS256",)
    assert load(Jwt("s" * 64, algorithms=("HS512", "HS256"))).algorithms == ("HS512", "HS256")
