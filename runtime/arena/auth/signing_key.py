"""The keys that tokens between Arena's parts are signed with: Ed25519 pairs, of which services get the public halves alone.

A service that can verify such a token can therefore make none, neither for itself nor for another. Keys are replaced by age:
a new one signs as soon as it is there, and an old one is still believed until nothing it signed can be valid any more.
Sources: RFC 8037 (Ed25519 in JOSE), RFC 7517 (JSON Web Key), RFC 7638 (thumbprints, which are our key ids).
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LIFETIME = 30 * 86400.0  # seconds for which a key signs
OVERLAP = 86400.0  # seconds for which the key before is still believed


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A JSON Web Key: any JWT library reads it as it is. `x` is the key's 32 bytes in base64url."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    alg: str = "EdDSA"
    use: str = "sig"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A pair. `private` is the secret half, 32 bytes in base64url; `created_at` in Unix seconds."""

    public: PublicKey
    private: str
    created_at: float


def make(now: float | None = None) -> SigningKey:
    """A new pair of 256 random bits."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    pair = Ed25519PrivateKey.generate()
    x = _text(pair.public_key().public_bytes_raw())
    moment = time.time() if now is None else now
    return SigningKey(PublicKey(thumbprint(x), x), _text(pair.private_bytes_raw()), moment)


def thumbprint(x: str) -> str:
    """The id of the key whose public half is `x`."""
    shape = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    return _text(hashlib.sha256(shape.encode()).digest())


def turn(keys: Sequence[SigningKey], now: float) -> tuple[SigningKey, ...]:
    """The keys to keep at `now` (Unix seconds), the one that signs last: a new one is added when that is too old, or there is
    none, and those that were followed long enough ago are dropped."""
    kept = sorted(keys, key=lambda key: key.created_at)
    if not kept or now - kept[-1].created_at >= LIFETIME:
        kept.append(make(now))
    followed = pairwise(kept)
    return (*(key for key, after in followed if now - after.created_at < OVERLAP), kept[-1])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
