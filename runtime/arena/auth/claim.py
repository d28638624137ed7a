"""The claims of a token, checked by type and against the clock.

Theory of `iat`. A revocation by subject refuses what was issued before it, so it is worth as much as `iat` is. One in the
future is refused, for a token of a clock that is ahead would outlive the revocation by as much. What clocks may differ by is
forgiven: the `leeway`, and 10 seconds in any case, because an issuer's clock is never quite ours. By so much another issuer's
token may be older than it says, and its principal is said to be. What cannot be revoked by subject need not be asked.

Source: RFC 7519 section 4.1 (registered claims), RFC 8693 section 4.2 (`scope`), FAPI 2.0 Security Profile section 5.3.2.1
(an `iat` up to 10 seconds ahead is accepted); `roles` is a JSON array of strings.
"""

from __future__ import annotations

import math
from typing import Any

from arena.auth import wording
from arena.auth.errors import (
    TokenExpired,
    TokenMalformed,
    TokenMissingClaim,
    TokenNotYetValid,
    TokenRefused,
    TokenWrongAudience,
    TokenWrongIssuer,
)
from arena.model.principal import Principal
from arena.model.project import Jwt

AHEAD = 10.0  # seconds by which the clock of any issuer may be ahead

_NEW_TOKEN = "ask for a new one: `arena token issue --sub NAME`"
_ISSUE = "issue it with this project's `arena token issue`"
_ASK_ISSUER = "ask its issuer for a new one"
_ASK_AUDIENCE = "ask its issuer for one that is, or see gateway.auth.jwt.audience"
_LATEST = 2.0**53  # seconds; beyond this a float no longer counts them


def read_principal(
    claims: dict[str, Any], jwt: Jwt, now: float, *, ahead: float, foreign: bool = False, introduced: bool = False
) -> Principal:
    """Check every claim that Arena gives a meaning to. `ahead`: by how many seconds the issuer's clock may be, as `iat` tells;
    infinite for whatever it tells. `foreign`: the issuer is another than the one we sign for. `introduced`: it may speak of the
    bearers of API keys and of other issuers' subjects, as the gateway does and nobody else. Raises a TokenRefused that names
    the first claim at fault."""
    try:
        return _read(claims, jwt, now, ahead, foreign=foreign, introduced=introduced)
    except TokenRefused as refusal:
        if refusal.hint == _NEW_TOKEN and not jwt.is_ours:
            refusal.hint = _ASK_ISSUER
        raise


def _read(claims: dict[str, Any], jwt: Jwt, now: float, ahead: float, *, foreign: bool, introduced: bool) -> Principal:
    expires_at = _read_time(claims, "exp", required=True)
    if now >= expires_at + jwt.leeway:
        raise TokenExpired(f"the token expired {_span(now - expires_at)} ago", hint=_NEW_TOKEN)
    if now < _read_time(claims, "nbf") - jwt.leeway:
        raise TokenNotYetValid("the token is not valid yet", hint="wait, or compare the clocks of the two machines")
    if jwt.issuer:
        _check_issuer(claims, jwt.issuer)
    if jwt.audience:
        _check_audience(claims, (jwt.audience, *jwt.other_audiences), _ISSUE if jwt.is_ours else _ASK_AUDIENCE)
    return Principal(
        subject=_read_name(claims, "sub", required=True) if introduced else _read_subject(claims),
        roles=frozenset(_read_roles(claims, jwt.roles_claim)),
        scopes=frozenset(_read_scope(claims)),
        expires_at=expires_at,
        token_id=_read_name(claims, "jti"),
        issued_at=_read_issued(claims, now, ahead, foreign=foreign),
        issuer=_read_first_issuer(claims) if introduced else jwt.issuer if foreign else "",
    )


def _read_time(claims: dict[str, Any], name: str, *, required: bool = False) -> float:
    """A NumericDate in Unix seconds; 0.0 when it is absent and may be."""
    value = claims.get(name)
    if value is None:
        return _absent(name) if required else 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TokenMalformed(f"the claim {name} must be a number of seconds since 1970", hint=_NEW_TOKEN)
    if not -_LATEST <= value <= _LATEST or not math.isfinite(value):
        raise TokenMalformed(f"the claim {name} is out of range", hint=_NEW_TOKEN)
    return float(value)


def _read_issued(claims: dict[str, Any], now: float, ahead: float, *, foreign: bool) -> float:
    """The earliest time by our clock at which the token may have been issued."""
    issued_at = _read_time(claims, "iat")
    if issued_at > now + ahead:
        raise TokenNotYetValid(
            f"the token says that it was issued {_span(issued_at - now)} from now",
            hint="compare the clocks of the two machines; gateway.auth.jwt.leeway forgives a difference",
        )
    return max(0.0, issued_at - ahead) if foreign else issued_at


def _check_issuer(claims: dict[str, Any], wanted: str) -> None:
    if claims.get("iss") is None:
        _absent("iss")
    if claims["iss"] != wanted:
        raise TokenWrongIssuer(f"the token was not issued by {wanted!r}", hint=_ISSUE)


def _check_audience(claims: dict[str, Any], wanted: tuple[str, ...], hint: str) -> None:
    given = claims.get("aud")
    if given is None:
        _absent("aud")
    if not isinstance(given, (str, list)):
        raise TokenMalformed("the claim aud must be a string or a list of strings", hint=_NEW_TOKEN)
    if not any(each in ([given] if isinstance(given, str) else given) for each in wanted):
        raise TokenWrongAudience(
            f"the token is not meant for {' or '.join(map(repr, wanted))}",
            hint=hint,
        )


def _read_name(claims: dict[str, Any], name: str, *, required: bool = False) -> str:
    value = claims.get(name)
    if value is None:
        return _absent(name) if required else ""
    if not _is_name(value):
        raise TokenMalformed(f"the claim {name} must be a short printable string", hint=_NEW_TOKEN)
    return str(value)


def _read_subject(claims: dict[str, Any]) -> str:
    subject = _read_name(claims, "sub", required=True)
    if others := wording.who_is_called_so(subject):
        raise TokenMalformed(
            f"the claim sub must not begin with {subject.partition(':')[0]}: which is how {others} are called",
            hint="issue it for another subject",
        )
    return subject


def _read_first_issuer(claims: dict[str, Any]) -> str:
    """Whose subject it was before the gateway spoke of it: RFC 9493 section 3.2.3, in the claim of its section 4.1."""
    value = claims.get("sub_id")
    if value is None:
        return ""
    if not isinstance(value, dict) or value.get("format") != "iss_sub" or value.get("sub") != claims.get("sub"):
        raise TokenMalformed("the claim sub_id must say the issuer of sub, in the format iss_sub", hint=_NEW_TOKEN)
    issuer = value.get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise TokenMalformed("the claim sub_id must name an issuer", hint=_NEW_TOKEN)
    return issuer


def _read_roles(claims: dict[str, Any], path: str) -> list[str]:
    """`path` is the name of a claim even where it has dots in it (`https://example.org/roles`), else the way to one."""
    value: Any = claims
    for name in [path] if path in claims else path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        return []
    if not isinstance(value, list) or not all(map(_is_name, value)):
        raise TokenMalformed(f'the claim {path} must be a list of strings, such as ["user"]', hint=_NEW_TOKEN)
    return value


def _read_scope(claims: dict[str, Any]) -> list[str]:
    value = claims.get("scope")
    if value is None:
        return []
    if not isinstance(value, str) or not all(map(_is_name, value.split())):
        raise TokenMalformed('the claim scope must be a string, such as "read write"', hint=_NEW_TOKEN)
    return value.split()


def _is_name(value: object) -> bool:
    return isinstance(value, str) and wording.is_label(value)


def _absent(name: str) -> Any:
    raise TokenMissingClaim(f"the token has no {name} claim", hint=_NEW_TOKEN)


def _span(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
