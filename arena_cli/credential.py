"""Tokens of a project: signed with its secret, and looked at with it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from arena.auth import secret, token
from arena.auth.jwt import Verifier
from arena.auth.ledger import Ledger
from arena.auth.revocation import Revocation, Revocations
from arena.auth.token import Inspection, Issued, IssuedToken
from arena.errors import ConfigError
from arena.model.layout import StateLayout
from arena.model.project import Project
from arena_cli.selection import Selection


def issue(
    project: Project, *, subject: str, roles: Sequence[str] = (), scopes: Sequence[str] = (), ttl: float
) -> Issued:
    """Sign a token that this project's gateway accepts, making its secret if it has none yet, and list it as issued. `ttl`
    in seconds.

    Raises UsageError for a name no token can carry, ConfigError for a secret that cannot be used, or
    when there is only a public key.
    """
    from arena.daemon import launch

    jwt = project.gateway.jwt
    if jwt.public_key:
        raise ConfigError(
            f"the tokens of this project come from {jwt.issuer!r}: Arena has the public key and cannot sign",
            hint="ask that issuer for a token, or make an API key: `arena key create`",
        )
    layout = StateLayout.of(project.directory, project.name)
    launch.prepare(layout)
    key = jwt.secret or secret.load_or_create(layout.jwt_secret)
    _outlast_revocation(layout, subject)
    issued = token.issue(
        key,
        subject=subject,
        roles=roles,
        scopes=scopes,
        ttl=ttl,
        issuer=jwt.issuer,
        audience=jwt.audience,
        algorithm=jwt.algorithms[0],
    )
    Ledger(layout.tokens_issued, IssuedToken).update(
        lambda rows: [*(row for row in rows if row.expires_at > issued.issued_at), IssuedToken.of(issued)]
    )
    return issued


def inspect(selection: Selection, text: str) -> Inspection:
    """Decode a token and say whether the chosen project's gateway would let it in. Outside a project, or in one without a
    secret, it is decoded and reported as not verified. Raises AuthError for what is no token."""
    verifier, revoked = _verifier(selection)
    return token.inspect(text, verifier, revoked=revoked)


def _outlast_revocation(layout: StateLayout, subject: str) -> None:
    """A subject that was revoked within this very second gets a token that is newer than that."""
    after = Revocations(Ledger(layout.tokens_revoked, Revocation).read()).issued_after(subject)
    time.sleep(min(1.0, max(0.0, after - time.time())))


def _verifier(selection: Selection) -> tuple[Verifier | None, Revocations]:
    try:
        selection.paths()
    except ConfigError:
        return None, Revocations()
    project = selection.load().project
    jwt = project.gateway.jwt
    layout = StateLayout.of(project.directory, project.name)
    if jwt.public_key:
        return Verifier(jwt), Revocations(Ledger(layout.tokens_revoked, Revocation).read())
    if not jwt.secret and not layout.jwt_secret.exists():
        return None, Revocations()
    verifier = Verifier(replace(jwt, secret=jwt.secret or secret.load_or_create(layout.jwt_secret)))
    return verifier, Revocations(Ledger(layout.tokens_revoked, Revocation).read())
