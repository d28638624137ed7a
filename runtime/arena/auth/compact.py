"""The outside of a JWT: three base64url parts, a header and claims. Nothing here is to be trusted yet.

Source: RFC 7515 section 3.1 (JWS Compact Serialization), RFC 8725 (JWT Best Current Practices).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from arena.auth.errors import TokenMalformed

MAX_TOKEN_LENGTH = 8192  # characters; a header line of a sane client is shorter
_HINT = "send the token exactly as `arena token issue` printed it"
# Python's decoder skips characters that do not belong, so that one token could be spelt in many ways.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unverified:
    """The decoded header and claims of a token whose signature nobody has checked."""

    header: dict[str, Any]
    claims: dict[str, Any]


def split(token: str) -> Unverified:
    """Decode without verifying. Raises TokenMalformed."""
    if len(token) > MAX_TOKEN_LENGTH:
        raise TokenMalformed(f"the token is longer than {MAX_TOKEN_LENGTH} characters", hint=_HINT)
    if not _COMPACT.fullmatch(token):
        raise TokenMalformed("the token is not a JWT: three base64url parts joined by dots", hint=_HINT)
    header, claims, _ = token.split(".")
    return Unverified(_read_object(header, "header"), _read_object(claims, "claims"))


def _read_object(part: str, name: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), parse_constant=_refuse_constant)
    except (ValueError, binascii.Error, RecursionError):
        raise TokenMalformed(f"the {name} of the token cannot be decoded", hint=_HINT) from None
    if not isinstance(value, dict):
        raise TokenMalformed(f"the token's {name} cannot be read as a JSON object", hint=_HINT)
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
