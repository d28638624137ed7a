"""Which signatures a key can verify: the key decides, never the token. A public key can therefore not be taken for a secret.

Sources: RFC 8725 sections 3.1 and 3.2, RFC 7518 sections 3.2 (secrets) and 3.3 (RSA of 2048 bits), RFC 8037 (EdDSA).
"""

from __future__ import annotations

import re

SECRET_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
"""By the algorithm, how long a secret must be: no shorter than the hash."""

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192  # beyond this a check takes so long that tokens become a way to keep us busy
RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
EDWARDS = ("EdDSA",)
ASYMMETRIC = (*RSA, *CURVES.values(), *EDWARDS)
_KEY_TEXT = re.compile(r"----[- ]BEGIN [A-Z0-9 ]+[- ]----|\A(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp)")
USABLE = "RSA from 2048 bits on, P-256, P-384, P-521, Ed25519 and Ed448 can be used"


class KeyUnusable(ValueError):
    """No token can be verified with this key; the message says why."""


def is_key_text(secret: str) -> bool:
    """Whether what stands in a secret's place is the text of a key pair's key, or of a certificate (PEM, OpenSSH). Half of
    such a pair is public, so that anybody could sign with it. Source: RFC 8725 section 2.1."""
    return _KEY_TEXT.search(secret) is not None


def of_key(kind: str, bits: int = 0, curve: str = "") -> tuple[tuple[str, ...], str]:
    """What tokens may be signed with if a public key of this `kind` ("rsa", "ec", "edwards", or another) is to verify them, and
    what to call such a key. Raises KeyUnusable."""
    if kind == "rsa":
        if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
            raise KeyUnusable(f"the RSA key has {bits} bits, not {MIN_RSA_BITS} to {MAX_RSA_BITS}")
        return RSA, "an RSA key"
    if kind == "ec" and curve in CURVES:
        return (CURVES[curve],), f"a key on the curve {curve}"
    if kind == "edwards":
        return EDWARDS, "an Edwards curve key"
    raise KeyUnusable("no token can be verified with a key of its kind")
