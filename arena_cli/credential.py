"""Tokens of a project: signed with its key, and looked at with the keys of all its issuers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

from arena.auth import jwks, jwks_fetch, token, token_key
from arena.auth.issuers import Issuers
from arena.auth.jwks_fetch import FetchFailed
from arena.auth.jwt import Verifier
from arena.auth.ledger import Ledger
from arena.auth.revocation import Revocation, Revocations
from arena.auth.token import Inspection, Issued, IssuedToken
from arena.auth.token_key import Rotation
from arena.errors import ConfigError
from arena.model import codec
from arena.model.gateway import GatewaySpec
from arena.model.layout import StateLayout
from arena.model.project import Jwks, Jwt, Project
from arena_cli.selection import Selection


def issue(
    project: Project, *, subject: str, roles: Sequence[str] = (), scopes: Sequence[str] = (), ttl: float
) -> Issued:
    """Sign a token that this project's gateway accepts, making its key if it has none yet, and list it as issued. `ttl`
    in seconds.

    Raises UsageError for a name no token can carry, ConfigError for a key that cannot be used, or when all tokens come from
    other issuers.
    """
    from arena.daemon import launch

    jwt = _signer(project)
    layout = StateLayout.of(project.directory, project.name)
    launch.prepare(layout)
    secret = jwt.secret or token_key.load_or_create(layout.token_keys).secret
    _outlast_revocation(layout, subject, jwt.issuer)
    issued = token.issue(
        secret,
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


def rotate(project: Project, overlap: float) -> Rotation:
    """Sign with a new key from now on; what was accepted until now is accepted for `overlap` seconds more. Raises ConfigError
    when the key is not ours to change."""
    from arena.daemon import launch

    if not _signer(project).is_kept:
        raise ConfigError(
            "the signing key of this project comes from arena.yaml or ARENA_JWT_SECRET, so Arena cannot change it",
            hint="put the new secret before the old one, gateway.auth.jwt.secret: [NEW, OLD], and run `arena up`;"
            " take OLD out once its tokens have expired",
        )
    layout = StateLayout.of(project.directory, project.name)
    launch.prepare(layout)
    return token_key.rotate(layout.token_keys, overlap)


def gateway_knows_better(project: Project) -> str:
    """What to tell a person whose running gateway goes by other settings for our own tokens than arena.yaml and the environment
    say here and now, such as an ARENA_JWT_SECRET that only the shell of `arena up` had; '' when it does not, or none runs."""
    layout = StateLayout.of(project.directory, project.name)
    try:
        told = codec.decode(GatewaySpec, json.loads(layout.gateway_spec.read_text()))
    except (OSError, ValueError):
        return ""
    if told.settings.signer == project.gateway.signer:
        return ""
    return (
        "the running gateway goes by another secret, issuer or audience than arena.yaml and ARENA_JWT_SECRET say here, and may"
        " refuse this token: run `arena up`, or set ARENA_JWT_SECRET as it was then"
    )


def inspect(selection: Selection, text: str) -> Inspection:
    """Decode a token and say whether the chosen project's gateway would let it in. Outside a project, or in one that has no
    key yet, it is decoded and reported as not verified. Raises AuthError for what is no token."""
    issuers, revoked = _issuers(selection)
    return token.inspect(text, issuers, revoked=revoked)


def _signer(project: Project) -> Jwt:
    jwt = project.gateway.signer
    if jwt is None:
        names = " and ".join(repr(each.issuer) for each in project.gateway.issuers)
        raise ConfigError(
            f"the tokens of this project come from {names}: Arena has only public keys and cannot sign",
            hint="ask there for a token, make an API key (`arena key create`), or add a section for tokens of your own:"
            " gateway.auth.jwt: [{issuer: arena}, …]",
        )
    return jwt


def _outlast_revocation(layout: StateLayout, subject: str, issuer: str) -> None:
    """A subject that was revoked within this very second gets a token that is newer than that."""
    after = Revocations(Ledger(layout.tokens_revoked, Revocation).read(), ours=issuer).issued_after(subject)
    time.sleep(min(1.0, max(0.0, after - time.time())))


def _issuers(selection: Selection) -> tuple[Issuers | None, Revocations]:
    try:
        selection.paths()
    except ConfigError:
        return None, Revocations()
    project = selection.load().project
    layout = StateLayout.of(project.directory, project.name)
    issuers = Issuers(project.gateway.issuers)
    for verifier in issuers:
        if verifier.jwt.is_kept:
            _use_kept(verifier, layout)
        elif verifier.jwt.jwks is not None:
            _use_published(verifier, verifier.jwt.jwks)
    if all(verifier.keys is None and verifier.jwt.is_kept for verifier in issuers):
        return None, Revocations()
    return issuers, Revocations(Ledger(layout.tokens_revoked, Revocation).read(), ours=issuers.ours)


def _use_kept(verifier: Verifier, layout: StateLayout) -> None:
    keys = token_key.load(layout.token_keys)
    if keys:
        verifier.keys = token_key.key_set((key.secret for key in keys), verifier.jwt)
    else:
        verifier.trouble = "Arena has made none yet"


def _use_published(verifier: Verifier, rule: Jwks) -> None:
    try:
        if rule.file:
            found = jwks.read_file(Path(rule.file), verifier.jwt.algorithms)
        else:
            found = jwks.read(asyncio.run(jwks_fetch.fetch_keys(rule)).document, verifier.jwt.algorithms)
        verifier.keys = found.keys
    except (FetchFailed, ConfigError) as error:
        verifier.trouble = str(error)
    except ValueError as error:
        verifier.trouble = f"what it publishes {error}"
