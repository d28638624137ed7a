"""User tokens: issued for a subject, and inspected for a person who wonders why one does not work."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from jwt.api_jws import PyJWS

from arena.auth import compact, token_key, wording
from arena.auth.errors import TokenRefused
from arena.auth.issuers import Issuers
from arena.auth.revocation import Revocations
from arena.auth.secret import check_strength
from arena.errors import UsageError

_LONGEST_TTL = 10 * 366 * 86400.0


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token and what it says; `kid` is the key it was signed with. Times in Unix seconds."""

    token: str
    subject: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    issuer: str
    audience: str
    issued_at: int
    expires_at: int
    token_id: str
    kid: str


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """What is kept of a token that was issued: never the token. Times in Unix seconds."""

    token_id: str
    subject: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    issued_at: int
    expires_at: int
    kid: str = ""

    @classmethod
    def of(cls, issued: Issued) -> IssuedToken:
        """All of it but the token."""
        return cls(
            issued.token_id,
            issued.subject,
            issued.roles,
            issued.scopes,
            issued.issued_at,
            issued.expires_at,
            issued.kid,
        )


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a token says, and whether it would be let in. `reason` and `code` say why not; `expires_in` is in seconds, negative
    when past, None when the token does not say."""

    header: dict[str, Any]
    claims: dict[str, Any]
    verdict: Literal["verified", "not verified"]
    reason: str = ""
    code: str = ""
    expires_in: float | None = None


def issue(
    secret: str,
    *,
    subject: str,
    roles: Iterable[str] = (),
    scopes: Iterable[str] = (),
    ttl: float = 3600.0,
    issuer: str = "arena",
    audience: str = "arena",
    algorithm: str = "HS256",
    now: float | None = None,
) -> Issued:
    """Sign a token that says who its bearer is, valid from now for `ttl` seconds.

    Raises UsageError for a name that a token cannot carry or a lifetime that makes no sense, ConfigError for a weak secret.
    """
    check_strength(secret, "the JWT secret")
    if not 0 < ttl <= _LONGEST_TTL:
        raise UsageError("a token must live for more than 0 seconds and at most 10 years", hint="such as --ttl 1h")
    issued_at = int(time.time() if now is None else now)
    unsigned = Issued(
        token="",
        subject=_check_subject(subject),
        roles=tuple(wording.check_name(role, "role") for role in roles),
        scopes=tuple(wording.check_name(scope, "scope") for scope in scopes),
        issuer=issuer,
        audience=audience,
        issued_at=issued_at,
        expires_at=issued_at + max(1, round(ttl)),
        token_id=secrets.token_hex(16),
        kid=token_key.kid_of(secret),
    )
    return replace(unsigned, token=_sign(unsigned, secret, algorithm))


def inspect(
    token: str, issuers: Issuers | None, now: float | None = None, revoked: Revocations | None = None
) -> Inspection:
    """Decode a token and, where its issuers' keys are known, say whether it would be let in.

    Raises TokenMalformed for what is no JWT at all.
    """
    moment = time.time() if now is None else now
    unverified = compact.split(token)
    reason, code = _refusal(token, issuers, moment, revoked or Revocations())
    return Inspection(
        header=unverified.header,
        claims=unverified.claims,
        verdict="not verified" if reason else "verified",
        reason=reason,
        code=code,
        expires_in=_remaining(unverified.claims.get("exp"), moment),
    )


def _refusal(token: str, issuers: Issuers | None, now: float, revoked: Revocations) -> tuple[str, str]:
    if issuers is None:
        return "without the secret nobody can tell who signed it", "no-secret"
    try:
        revoked.check(issuers.verify(token, now)[0])
    except TokenRefused as refusal:
        return refusal.message, refusal.code
    return "", ""


def _remaining(exp: object, now: float) -> float | None:
    if isinstance(exp, bool) or not isinstance(exp, (int, float)) or not abs(exp) < 2**53:
        return None
    return exp - now


def _sign(issued: Issued, secret: str, algorithm: str) -> str:
    claims: dict[str, Any] = {
        "iss": issued.issuer,
        "aud": issued.audience,
        "sub": issued.subject,
        "iat": issued.issued_at,
        "exp": issued.expires_at,
        "jti": issued.token_id,
    }
    if issued.roles:
        claims["roles"] = list(issued.roles)
    if issued.scopes:
        claims["scope"] = " ".join(issued.scopes)
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return PyJWS(algorithms=[algorithm]).encode(payload, secret.encode(), algorithm, headers={"kid": issued.kid})


def _check_subject(subject: str) -> str:
    if others := wording.who_is_called_so(subject):
        raise UsageError(f"no token can be for {subject!r:.60}: so are {others} called", hint="choose another subject")
    return wording.check_label(subject, "subject", "such as --sub alice")
