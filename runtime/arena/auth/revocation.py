"""Tokens taken back before they expire: one by its id, or all that a subject was issued so far.

A token's `iat` is in whole seconds, so a subject's revocation covers the whole second it was made in: rather a new token
refused for a second than an old one let in. Source: RFC 7519 sections 4.1.6 (`iat`) and 4.1.7 (`jti`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from arena.auth.errors import TokenRevoked
from arena.model.principal import Principal

_NEW_TOKEN = "ask for a new one: `arena token issue --sub NAME`"


@dataclass(frozen=True, slots=True)
class Revocation:
    """`kind` "token": the one with the id `name`; "subject": every token of `name` issued at or before `at`. Times in Unix
    seconds; after `until` nothing is left to refuse, None when nobody knows."""

    kind: Literal["token", "subject"]
    name: str
    at: int
    until: float | None = None


class Revocations:
    """What is taken back now."""

    def __init__(self, rows: Iterable[Revocation] = ()) -> None:
        self.replace(rows)

    def replace(self, rows: Iterable[Revocation]) -> None:
        """Know these from now on, and no others."""
        rows = tuple(rows)
        self._tokens = frozenset(row.name for row in rows if row.kind == "token")
        self._subjects: dict[str, int] = {}
        for row in rows:
            if row.kind == "subject":
                self._subjects[row.name] = max(row.at, self._subjects.get(row.name, 0))

    def check(self, principal: Principal) -> None:
        """Raises TokenRevoked. A token that does not say when it was issued counts as issued long ago."""
        if principal.token_id in self._tokens:
            raise TokenRevoked("the token was revoked", hint=_NEW_TOKEN)
        if principal.issued_at < self.issued_after(principal.subject):
            raise TokenRevoked("every token that this caller had was revoked", hint=_NEW_TOKEN)

    def issued_after(self, subject: str) -> int:
        """From which second on (Unix) a token of `subject` is not covered by a revocation; 0 when there is none."""
        return self._subjects[subject] + 1 if subject in self._subjects else 0


def added(rows: Iterable[Revocation], new: Revocation, now: float) -> list[Revocation]:
    """The list with `new` in place of what it repeats, without what can refuse nothing any more."""
    kept = [row for row in rows if row.until is None or row.until > now]
    return [row for row in kept if (row.kind, row.name) != (new.kind, new.name)] + [new]
