"""Whose tokens are accepted: the issuers, of which a token's `iss` picks one.

The `iss` of a token is read before anything is verified, and used for nothing but to choose by whom it must be signed; that
issuer's own keys, algorithms and audience then decide, and `iss` is compared again with what was signed. The principals of
all but the one we sign for carry their issuer: no issuer's subject is another's.
Source: RFC 8725 section 3.8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from arena.auth import compact
from arena.auth.errors import TokenMissingClaim, TokenWrongIssuer
from arena.auth.jwt import Verifier
from arena.model.principal import Principal
from arena.model.project import Jwt, signer_of


class Issuers:
    """One verifier for each issuer; `ours` is the one we sign for, '' for none. Raises ConfigError for settings that cannot be
    used."""

    def __init__(self, issuers: Iterable[Jwt]) -> None:
        issuers = tuple(issuers)
        ours = signer_of(issuers)
        self.ours = "" if ours is None else ours.issuer
        self._verifiers = {jwt.issuer: Verifier(jwt, foreign=jwt is not ours) for jwt in issuers}
        self._only = next(iter(self._verifiers.values())) if len(self._verifiers) == 1 else None

    def __iter__(self) -> Iterator[Verifier]:
        return iter(self._verifiers.values())

    def verify(self, token: str, now: float) -> tuple[Principal, float]:
        """Who the token speaks for, and until when it may be taken for good: Unix seconds, its issuer's leeway included.
        `now` is Unix seconds. Raises a TokenRefused."""
        unverified = compact.split(token)
        verifier = self._only or self._chosen(unverified.claims)
        principal = verifier.judge(token, unverified, now)
        until = float("inf") if principal.expires_at is None else principal.expires_at + verifier.jwt.leeway
        return principal, until

    def _chosen(self, claims: dict[str, object]) -> Verifier:
        issuer = claims.get("iss")
        if issuer is None:
            raise TokenMissingClaim("the token has no iss claim", hint="ask for a new one that names its issuer")
        found = self._verifiers.get(issuer) if isinstance(issuer, str) else None
        if found is None:
            names = " or ".join(map(repr, self._verifiers))
            raise TokenWrongIssuer(f"the token was not issued by {names}", hint="ask one of these for a token")
        return found
