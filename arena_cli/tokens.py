"""Tokens that were issued by a project, and those taken back. The running gateway follows within a second."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from arena.auth import revocation, token_key, wording
from arena.auth.errors import TokenRevoked
from arena.auth.ledger import Ledger
from arena.auth.revocation import Revocation, Revocations
from arena.auth.token import IssuedToken
from arena.errors import UsageError
from arena.model.layout import StateLayout
from arena.model.principal import Principal
from arena.model.project import Jwt, Project

_SLACK = 86400.0  # what a gateway may forgive in `leeway` after a token's expiry, generously
_LIST_THEM = "`arena token list` shows them"


@dataclass(frozen=True, slots=True)
class ListedToken:
    """What is known of a token, and whether it is good: "key gone" says that the key it was signed with is not accepted any
    more."""

    token: IssuedToken
    state: Literal["valid", "revoked", "key gone"]


def listing(project: Project) -> tuple[ListedToken, ...]:
    """Every token that was issued here and has not expired, the oldest first."""
    layout = StateLayout.of(project.directory, project.name)
    signer = project.gateway.signer
    ours = "" if signer is None else signer.issuer
    revoked = Revocations(Ledger(layout.tokens_revoked, Revocation).read(), ours=ours)
    kids = _accepted(signer, layout)
    now = time.time()
    return tuple(ListedToken(row, _state(row, revoked, kids)) for row in _issued(layout) if row.expires_at > now)


def revoke(layout: StateLayout, token_id: str, *, of: Jwt | None = None, unlisted: bool = False) -> IssuedToken | None:
    """Take back one token; what is known of it. One that was not issued here is taken back only if `unlisted` says so: more
    often it is a slip of the hand. `of` is whose token it is, None for whosever;
    what another issuer has issued is on no list. Raises UsageError."""
    wording.check_label(token_id, "token id", _LIST_THEM)
    listed = _issued(layout) if of is None or of.is_ours else ()
    known = next((row for row in listed if row.token_id == token_id), None)
    if known is None and not unlisted and (of is None or of.is_ours):
        raise UsageError(
            f"no token with the id {token_id!r:.60} was issued here, or it has expired; nothing is revoked",
            hint=f"{_LIST_THEM}; name its --issuer to revoke a token of another one, or add --unlisted",
        )
    until = None if known is None else known.expires_at + _SLACK
    _add(layout, Revocation("token", token_id, int(time.time()), until, "" if of is None else of.issuer))
    return known


def revoke_all(project: Project, subject: str, *, of: Jwt | None = None) -> int:
    """Take back every token that `of` has issued to `subject` until now, None for whoever has; how many of them are on the
    list and were valid. Raises UsageError for what is no subject."""
    wording.check_label(subject, "subject", _LIST_THEM)
    if subject.startswith(wording.KEY_SUBJECT):
        raise UsageError(f"{subject!r:.60} is an API key", hint="take it back with `arena key revoke`")
    listed = listing(project) if of is None or of == project.gateway.signer else ()
    count = sum(each.token.subject == subject and each.state == "valid" for each in listed)
    layout = StateLayout.of(project.directory, project.name)
    _add(layout, Revocation("subject", subject, int(time.time()), issuer="" if of is None else of.issuer))
    return count


def issuer(project: Project, name: str) -> Jwt:
    """The one of this name, if its tokens are accepted. Raises UsageError."""
    known = {each.issuer: each for each in project.gateway.issuers}
    if name not in known:
        raise UsageError(f"no tokens of {name!r:.60} are accepted here", hint=f"--issuer {' or '.join(known)}")
    return known[name]


def outliving(layout: StateLayout, kid: str, until: float) -> int:
    """How many tokens on the list were signed with this key and expire after `until` (Unix seconds)."""
    return sum(row.kid == kid and row.expires_at > until for row in _issued(layout))


def _add(layout: StateLayout, new: Revocation) -> None:
    from arena.daemon import launch

    launch.prepare(layout)
    Ledger(layout.tokens_revoked, Revocation).update(lambda rows: revocation.added(rows, new, time.time()))


def _issued(layout: StateLayout) -> tuple[IssuedToken, ...]:
    return Ledger(layout.tokens_issued, IssuedToken).read()


def _accepted(signer: Jwt | None, layout: StateLayout) -> frozenset[str]:
    """The ids of the keys that this project's own tokens may be signed with."""
    if signer is None:
        return frozenset()
    if signer.is_kept:
        return frozenset(key.kid for key in token_key.load(layout.token_keys))
    return frozenset(map(token_key.kid_of, (signer.secret, *signer.former_secrets)))


def _state(row: IssuedToken, revoked: Revocations, kids: frozenset[str]) -> Literal["valid", "revoked", "key gone"]:
    try:
        revoked.check(Principal(row.subject, token_id=row.token_id, issued_at=row.issued_at))
    except TokenRevoked:
        return "revoked"
    return "valid" if row.kid in kids else "key gone"
