from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from arena.auth import jwks
from arena.errors import ConfigError
from tests.issuer import KEYS, jwk

GOOD = jwk("ES256", "good")


def document(*rows: object) -> bytes:
    return json.dumps({"keys": rows}).encode()


def test_keys_with_their_ids_and_what_they_are_good_for() -> None:
    found = jwks.read(document(jwk("RS256", "r", alg="RS512"), jwk("ES256", "e", use="sig"), jwk("EdDSA")))
    assert [(key.kid, key.algorithms) for key in found.keys.keys] == [
        ("r", ("RS512",)),
        ("e", ("ES256",)),
        ("", ("EdDSA",)),
    ]
    assert found.skipped == ()


def test_algorithms_narrow_what_is_taken() -> None:
    found = jwks.read(document(jwk("RS256", "r"), jwk("ES256", "e")), ("RS256", "PS256"))
    assert [(key.kid, key.algorithms) for key in found.keys.keys] == [("r", ("RS256", "PS256"))]
    assert len(found.skipped) == 1 and "'e'" in found.skipped[0] and "not accepted here" in found.skipped[0]


_P256K = ec.generate_private_key(ec.SECP256K1())
_SMALL = rsa.generate_private_key(65537, 1024)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"kty": "oct", "k": "c2VjcmV0", "kid": "x"}, "its kty is 'oct'"),
        ({"kty": "none"}, "its kty is 'none'"),
        ({"kty": ["RSA"]}, "its kty is"),
        ({}, "its kty is None"),
        ("text", "it is not an object"),
        (None, "it is not an object"),
        (jwk("RS256", use="enc"), "its use is 'enc'"),
        (jwk("RS256", use=7), "its use is 7"),
        (jwk("RS256", key_ops=["sign"]), "its key_ops"),
        (jwk("RS256", key_ops="verify!"), "its key_ops"),
        (json.loads(RSAAlgorithm.to_jwk(KEYS["RS256"])), "key"),
        (jwk("RS256", alg="RSA-OAEP"), "not accepted here"),
        (jwk("RS256", alg="HS256"), "not accepted here"),
        (jwk("RS256", alg="ES256"), "not accepted here"),
        (jwk("RS256", alg=["RS256"]), "not accepted here"),
        (jwk("RS256", kid="x" * 300), "its kid"),
        ({**jwk("RS256"), "kid": 7}, "its kid"),
        ({**jwk("RS256"), "n": "!!"}, "its numbers"),
        ({**jwk("RS256"), "n": 7}, "its numbers"),
        ({"kty": "RSA"}, "its numbers"),
        ({**jwk("ES256"), "x": jwk("ES256")["y"]}, "its numbers"),
        ({**jwk("EdDSA"), "x": ""}, "its numbers"),
        ({**jwk("EdDSA"), "crv": "X25519"}, "its numbers"),
        (json.loads(RSAAlgorithm.to_jwk(_SMALL.public_key())), "has 1024 bits"),
        (json.loads(ECAlgorithm.to_jwk(_P256K.public_key())), "no token can be verified"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_key_that_cannot_be_used_is_left_out_and_told(row: Any, why: str) -> None:
    found = jwks.read(document(row, GOOD))
    assert [key.kid for key in found.keys.keys] == ["good"]
    (told,) = found.skipped
    assert told.startswith("key 1") and why in told
    with pytest.raises(ValueError, match="no key that can be used"):
        jwks.read(document(row))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "is not JSON"),
        (b"<html>", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is not a key set"),
        (b"{}", "is not a key set"),
        (b'{"keys": {}}', "is not a key set"),
        (b'{"keys": []}', "it is empty"),
        (b" " * (jwks.MAX_DOCUMENT_BYTES + 1), "is longer than 256 KiB"),
    ],
    ids=["empty", "html", "bytes", "deep", "list", "object", "keys", "none", "long"],
)
def test_what_is_no_key_set(text: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        jwks.read(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["kty", "kid", "use", "alg", "key_ops", "n", "e", "crv", "x", "y", "d"])


@given(st.lists(st.dictionaries(FIELDS, JSON | st.sampled_from(["RSA", "EC", "OKP", "P-256", "Ed25519", "AQAB"]))))
def test_no_document_breaks_the_reader(rows: list[Any]) -> None:
    found = jwks.read(document(*rows, GOOD))
    assert len(found.keys.keys) + len(found.skipped) == len(rows) + 1


def test_a_set_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(document(GOOD))
    assert [key.kid for key in jwks.read_file(tmp_path / "keys.json").keys.keys] == ["good"]
    (tmp_path / "junk").write_bytes(b"{")
    for name, why in (("gone", "cannot be read"), (".", "cannot be read"), ("junk", "is not JSON")):
        with pytest.raises(ConfigError, match=why):
            jwks.read_file(tmp_path / name)
    with pytest.raises(ConfigError, match="not accepted here"):
        jwks.read_file(tmp_path / "keys.json", ("RS256",))
