import pytest

from arena.model.signature import ASYMMETRIC, RSA, KeyUnusable, of_key


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
