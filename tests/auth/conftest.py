"""Tokens signed by hand, so that what PyJWT refuses to make can be tried as well."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import pytest

HEADER = {"alg": "HS256", "typ": "JWT"}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _forge(claims: object, header: object = HEADER, secret: str = "s" * 32, digest: str = "sha256") -> str:
    raw = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    signed = ".".join(map(b64, raw))
    return signed + "." + b64(hmac.new(secret.encode(), signed.encode(), getattr(hashlib, digest)).digest())


@pytest.fixture(scope="session")
def forge() -> Callable[..., str]:
    """Makes a token over anything, signed with HMAC: forge(claims, header, secret, digest)."""
    return _forge
