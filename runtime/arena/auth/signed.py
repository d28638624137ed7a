"""What Arena's parts say to services, signed: compact JWTs that name one service as their audience.

Theory. A statement has a kind, which stands in the header (`typ`) and fixes who may issue it, so that none is taken for
another (RFC 8725 section 3.11):

    kind                  issuer          says
    arena-principal+jwt   arena-gateway   the gateway let this caller in
    arena-anonymous+jwt   arena-gateway   the gateway let a stranger in, on a route with `auth: none`
    arena-service+jwt     arena-daemon    the bearer is this service
    arena-daemon+jwt      arena-daemon    the bearer is the daemon

All are signed with Ed25519, by keys of the project that no service has. The audience is the service spoken to, or "registry" or
"gateway", as no service can be called: shown to another one, a statement is worth nothing. Clocks may differ by `LEEWAY`
seconds.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from jwt.api_jws import PyJWS
from jwt.exceptions import PyJWTError

from arena.auth import claim, compact
from arena.auth.errors import (
    TokenAlgorithmRefused,
    TokenBadSignature,
    TokenKeyUnknown,
    TokenWrongAudience,
    TokenWrongKind,
)
from arena.auth.signing_key import PublicKey, SigningKey
from arena.model.principal import Principal
from arena.model.project import Jwt

Kind = Literal["arena-principal+jwt", "arena-anonymous+jwt", "arena-service+jwt", "arena-daemon+jwt"]

PRINCIPAL: Kind = "arena-principal+jwt"
ANONYMOUS: Kind = "arena-anonymous+jwt"
SERVICE: Kind = "arena-service+jwt"
DAEMON: Kind = "arena-daemon+jwt"
ISSUERS: dict[Kind, str] = {
    PRINCIPAL: "arena-gateway",
    ANONYMOUS: "arena-gateway",
    SERVICE: "arena-daemon",
    DAEMON: "arena-daemon",
}
LEEWAY = 30.0

_EDDSA = "EdDSA"
_JWS = PyJWS(algorithms=[_EDDSA])


@dataclass(frozen=True, slots=True)
class Statement:
    """A verified one: what it is, and of whom it speaks."""

    kind: Kind
    principal: Principal


def sign(key: SigningKey, kind: Kind, subject: str, audience: str, *, ttl: float, now: float, **more: Any) -> str:
    """A statement of `kind` about `subject`, for the service `audience`, valid from `now` (Unix seconds) for `ttl` seconds.
    `more` are further claims."""
    claims = {"iss": ISSUERS[kind], "aud": audience, "sub": subject, "iat": int(now), "exp": int(now + ttl), **more}
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return _JWS.encode(payload, _private(key.private), _EDDSA, headers={"typ": kind, "kid": key.public.kid})


def verify(token: str, keys: Sequence[PublicKey], kinds: Sequence[Kind], audience: str, now: float) -> Statement:
    """What `token` says, if one of `keys` signed it, it is of one of `kinds` and for `audience`, and valid at `now` (Unix
    seconds). Raises a TokenRefused."""
    unverified = compact.split(token)
    header = unverified.header
    if header.get("alg") != _EDDSA or "crit" in header:
        raise TokenAlgorithmRefused("the token is not signed with EdDSA")
    kind = next((each for each in kinds if each == header.get("typ")), None)
    if kind is None:
        raise TokenWrongKind(f"the token is not of the kind {' or '.join(kinds)}")
    key = next((each for each in keys if each.kid == header.get("kid")), None)
    if key is None:
        raise TokenKeyUnknown("the token is signed with a key that is not known here")
    try:
        _JWS.decode(token, _public(key.x), algorithms=[_EDDSA])
    except PyJWTError:
        raise TokenBadSignature("the token's signature does not match") from None
    if not audience:  # the rules below would take that for "whichever"
        raise TokenWrongAudience("nobody without a name is spoken to")
    rules = Jwt(issuer=ISSUERS[kind], audience=audience, leeway=LEEWAY)
    # Nobody revokes a statement, and one made before the clock was set back is good: `iat` may say what it likes.
    introduced = kind == PRINCIPAL
    return Statement(kind, claim.read_principal(unverified.claims, rules, now, ahead=math.inf, introduced=introduced))


@lru_cache(maxsize=16)
def _private(text: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(_bytes(text))


@lru_cache(maxsize=64)
def _public(text: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(_bytes(text))


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
