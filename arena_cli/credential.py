"""Tokens of a project: signed with its secret, and looked at with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from arena.auth import secret, token
from arena.auth.jwt import Verifier
from arena.auth.token import Inspection, Issued
from arena.errors import ConfigError
from arena.model.layout import StateLayout
from arena.model.project import Project
from arena_cli.selection import Selection


def issue(
    project: Project, *, subject: str, roles: Sequence[str] = (), scopes: Sequence[str] = (), ttl: float
) -> Issued:
    """Sign a token that this project's gateway accepts, making its secret if it has none yet. `ttl` in seconds.

    Raises UsageError for a name no token can carry, ConfigError for a secret that cannot be used.
    """
    from arena.daemon import launch

    jwt = project.gateway.jwt
    key = jwt.secret
    if not key:
        layout = StateLayout.of(project.directory, project.name)
        launch.prepare(layout)
        key = secret.load_or_create(layout.jwt_secret)
    return token.issue(
        key, subject=subject, roles=roles, scopes=scopes, ttl=ttl, issuer=jwt.issuer, audience=jwt.audience
    )


def inspect(selection: Selection, text: str) -> Inspection:
    """Decode a token and say whether the chosen project's gateway would let it in. Outside a project, or in one without a
    secret, it is decoded and reported as not verified. Raises AuthError for what is no token."""
    return token.inspect(text, _verifier(selection))


def _verifier(selection: Selection) -> Verifier | None:
    try:
        selection.paths()
    except ConfigError:
        return None
    project = selection.load().project
    jwt = project.gateway.jwt
    kept = StateLayout.of(project.directory, project.name).jwt_secret
    if not jwt.secret and not kept.exists():
        return None
    return Verifier(replace(jwt, secret=jwt.secret or secret.load_or_create(kept)))
