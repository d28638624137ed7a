"""Tokens that were issued by a project, and those taken back. The running gateway follows within a second."""

from __future__ import annotations

import time
from dataclasses import dataclass

from arena.auth import revocation
from arena.auth.errors import TokenRevoked
from arena.auth.ledger import Ledger
from arena.auth.revocation import Revocation, Revocations
from arena.auth.token import IssuedToken
from arena.errors import UsageError
from arena.model.layout import StateLayout
from arena.model.principal import Principal

_SLACK = 86400.0  # what a gateway may forgive in `leeway` after a token's expiry, generously


@dataclass(frozen=True, slots=True)
class ListedToken:
    """What is known of a token. Times in Unix seconds."""

    id: str
    subject: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    issued_at: int
    expires_at: int
    revoked: bool


def listing(layout: StateLayout) -> tuple[ListedToken, ...]:
    """Every token that was issued here and has not expired, the oldest first."""
    revoked = Revocations(Ledger(layout.tokens_revoked, Revocation).read())
    now = time.time()
    return tuple(
        ListedToken(
            row.token_id, row.subject, row.roles, row.scopes, row.issued_at, row.expires_at, _is_revoked(row, revoked)
        )
        for row in _issued(layout)
        if row.expires_at > now
    )


def revoke(layout: StateLayout, token_id: str) -> IssuedToken | None:
    """Take back one token; what is known of it, None when it was not issued here. Raises UsageError for what is no id."""
    _check_name(token_id, "token id")
    known = next((row for row in _issued(layout) if row.token_id == token_id), None)
    until = None if known is None else known.expires_at + _SLACK
    _add(layout, Revocation("token", token_id, int(time.time()), until))
    return known


def revoke_all(layout: StateLayout, subject: str) -> int:
    """Take back every token issued to `subject` until now; how many of them are on the list and had not expired. Raises
    UsageError for what is no subject."""
    _check_name(subject, "subject")
    if subject.startswith("key:"):
        raise UsageError(f"{subject!r:.60} is an API key", hint="take it back with `arena key revoke`")
    count = sum(row.subject == subject and not row.revoked for row in listing(layout))
    _add(layout, Revocation("subject", subject, int(time.time())))
    return count


def _add(layout: StateLayout, new: Revocation) -> None:
    from arena.daemon import launch

    launch.prepare(layout)
    Ledger(layout.tokens_revoked, Revocation).update(lambda rows: revocation.added(rows, new, time.time()))


def _issued(layout: StateLayout) -> tuple[IssuedToken, ...]:
    return Ledger(layout.tokens_issued, IssuedToken).read()


def _is_revoked(row: IssuedToken, revoked: Revocations) -> bool:
    try:
        revoked.check(Principal(row.subject, token_id=row.token_id, issued_at=row.issued_at))
    except TokenRevoked:
        return True
    return False


def _check_name(name: str, what: str) -> None:
    if not (0 < len(name) <= 256 and name.isprintable()):
        raise UsageError(f"the {what} must be 1 to 256 printable characters", hint="`arena token list` shows them")
