import pytest

from arena.model.signature import ASYMMETRIC, RSA, KeyUnusable, is_key_text, of_key


@pytest.mark.parametrize(
    ("kind", "bits", "curve", "algorithms"),
    [
        ("rsa", 2048, "", RSA),
        ("rsa", 8192, "", RSA),
        ("ec", 0, "secp256r1", ("ES256",)),
        ("ec", 0, "secp521r1", ("ES512",)),
        ("edwards", 0, "", ("EdDSA",)),
        ("rsa", 2047, "", ()),
        ("rsa", 8193, "", ()),
        ("ec", 0, "secp256k1", ()),
        ("dsa", 2048, "", ()),
        ("", 0, "", ()),
    ],
)
def test_what_a_key_is_good_for(kind: str, bits: int, curve: str, algorithms: tuple[str, ...]) -> None:
    if algorithms:
        assert of_key(kind, bits, curve)[0] == algorithms
        assert set(algorithms) <= set(ASYMMETRIC)
    else:
        with pytest.raises(KeyUnusable):
            of_key(kind, bits, curve)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", True),
        ("note\n---- BEGIN SSH2 PUBLIC KEY ----", True),
        ("-----BEGIN CERTIFICATE----- MIIB", True),
        ("ssh-ed25519 AAAA", True),
        ("ecdsa-sha2-nistp256 AAAA", True),
        ("BEGIN PUBLIC KEY", False),
        ("ssh-secrets-are-long-enough-to-be-good", False),
        ("our ssh-rsa", False),
    ],
)
def test_what_looks_like_a_key(text: str, key: bool) -> None:
    assert is_key_text(text) is key
