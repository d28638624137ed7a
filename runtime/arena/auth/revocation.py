"""Tokens taken back before they expire: one by its id, or all that a subject was issued so far.

A token's `iat` is in whole seconds, so a subject's revocation covers the whole second it was made in: rather a new token
refused for a second than an old one let in; another issuer's, whose clock is not ours, for as long as clocks may differ (see
`auth.claim`). Source: RFC 7519 sections 4.1.6 (`iat`) and 4.1.7 (`jti`).

Ids and subjects are unique within an issuer only. A revocation that names no issuer holds for all of them: rather another's
namesake refused than a stolen token let in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from arena.auth.errors import TokenRevoked
from arena.auth.wording import CERTIFICATE_SUBJECT
from arena.model.principal import Principal

_NEW_TOKEN = "ask for a new one: `arena token issue --sub NAME`"
_ASK_ISSUER = "ask its issuer for a new one"


@dataclass(frozen=True, slots=True)
class Revocation:
    """`kind` "token": the one with the id `name`; "subject": every token of `name` issued at or before `at`. Times in Unix
    seconds; after `until` nothing is left to refuse, None when nobody knows. `issuer` is the `iss` of the tokens meant, '' for
    whosever they are."""

    kind: Literal["token", "subject"]
    name: str
    at: int
    until: float | None = None
    issuer: str = ""


class Revocations:
    """What is taken back now. `ours` is the `iss` of tokens whose principals carry no issuer."""

    def __init__(self, rows: Iterable[Revocation] = (), *, ours: str = "") -> None:
        self._ours = ours
        self.replace(rows)

    def replace(self, rows: Iterable[Revocation]) -> None:
        """Know these from now on, and no others."""
        rows = tuple(rows)
        self._tokens = frozenset((row.issuer, row.name) for row in rows if row.kind == "token")
        self._subjects: dict[tuple[str, str], int] = {}
        for row in rows:
            if row.kind == "subject":
                whose = row.issuer, row.name
                self._subjects[whose] = max(row.at, self._subjects.get(whose, 0))

    def check(self, principal: Principal) -> None:
        """Raises TokenRevoked. A token that does not say when it was issued counts as issued long ago."""
        issuer, token_id = principal.issuer or self._ours, principal.token_id
        if ("", token_id) in self._tokens or (issuer, token_id) in self._tokens:
            raise TokenRevoked("the token was revoked", hint=_ASK_ISSUER if principal.issuer else _NEW_TOKEN)
        if principal.issued_at < self.issued_after(principal.subject, principal.issuer):
            raise _all_revoked(principal)

    def issued_after(self, subject: str, issuer: str = "") -> int:
        """From which second on (Unix) a token of this issuer's `subject` is not covered by a revocation; 0 when there is none.
        `issuer` '' for ours."""
        found = (self._subjects.get((whose, subject)) for whose in ("", issuer or self._ours))
        return max((at + 1 for at in found if at is not None), default=0)


def _all_revoked(principal: Principal) -> TokenRevoked:
    if principal.subject.startswith(CERTIFICATE_SUBJECT):
        message = "every client certificate that this caller had was revoked"
        return TokenRevoked(message, hint="ask for one that is issued after that")
    hint = _ASK_ISSUER if principal.issuer else _NEW_TOKEN
    return TokenRevoked("every token that this caller had was revoked", hint=hint)


def added(rows: Iterable[Revocation], new: Revocation, now: float) -> list[Revocation]:
    """The list with `new` in place of what it repeats, without what can refuse nothing any more."""
    kept = [row for row in rows if row.until is None or row.until > now]
    return [row for row in kept if (row.kind, row.issuer, row.name) != (new.kind, new.issuer, new.name)] + [new]
