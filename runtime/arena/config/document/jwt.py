"""Whose tokens are accepted, and how they are verified."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from arena.config.document.base import (
    STRING,
    STRINGS,
    Duration,
    Flag,
    Name,
    PositiveDuration,
    Section,
    ShortForm,
    Text,
    Texts,
    listed,
)

Algorithm = Literal[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
Names = Annotated[
    list[Name],
    BeforeValidator(listed),
    Field(min_length=1),
    WithJsonSchema({**STRINGS, "minItems": 1}),
    ShortForm(STRING),
]


class JwtSection(Section):
    """The tokens of one issuer, and how they are verified: with a secret, a public key, or the keys it publishes (JWKS)."""

    secret: Texts = Field(
        default=[],
        min_length=1,
        description="The signing key, at least 32 bytes. Default: ARENA_JWT_SECRET, or one that is generated and kept."
        " Of a list the first one signs, and all are accepted: `[new, old]` while tokens of the old one are about.",
    )
    public_key: Text = Field(
        default="",
        description="The public key of whoever issues the tokens, instead of a secret: a PEM file, or its text.",
    )
    jwks_url: Text = Field(
        default="",
        description="Where the issuer publishes its keys (JWKS), instead of a secret. Fetched in the background, and at once"
        " when a token names a key not known yet. It takes https, but for this machine.",
    )
    discovery: Flag = Field(
        default=False,
        description="Ask the issuer, whose name is then a URL, where it publishes its keys, instead of jwks_url: its OpenID"
        " configuration, /.well-known/openid-configuration, says so.",
    )
    jwks_file: Text = Field(
        default="",
        description="A file with the issuer's keys (JWKS), instead of a secret. A running gateway follows its changes.",
    )
    jwks_refresh: PositiveDuration = Field(
        default=300.0,
        description="How long fetched keys are used before they are fetched again; sooner if the issuer's Cache-Control"
        " says so.",
    )
    jwks_stale_if_error: Duration = Field(
        default=86400.0,
        description="How long keys are used beyond that while they cannot be fetched; then the issuer's tokens get 503.",
    )
    jwks_insecure: Flag = Field(
        default=False,
        description="Fetch keys over plain http from another machine. Whoever can change what passes on the way can let anyone"
        " in.",
    )
    algorithms: Annotated[list[Algorithm], BeforeValidator(listed), ShortForm(STRING)] = Field(
        default=[],
        min_length=1,
        description="What tokens may be signed with. Default: HS256 with a secret, else all that fit the public keys.",
    )
    issuer: Name = Field(
        default="arena", description="The `iss` a token must carry. Of several sections, `iss` picks one."
    )
    audience: Names = Field(
        default=["arena"],
        description="The `aud` a token must carry; any one of a list. `arena token issue` signs for the first.",
    )
    leeway: Annotated[Duration, Field(le=3600)] = Field(
        default=0.0,
        description="Clock difference forgiven when `exp`, `nbf` and `iat` are checked (for `iat` 10s at least); an hour at"
        " most. Where another issuer's subject is revoked, what it is issued within that time is refused too.",
    )
    roles_claim: Name = Field(
        default="roles",
        description="The claim that lists the caller's roles, or a dotted path to it, such as Keycloak's realm_access.roles.",
    )


def _form(value: Any) -> str:
    return "[several]" if isinstance(value, list) else "[one]"


# The tags end in the paths of mistakes, where `config.validate` takes them out again.
JwtSections = Annotated[
    Annotated[JwtSection, Tag("[one]")] | Annotated[list[JwtSection], Field(min_length=1), Tag("[several]")],
    Discriminator(_form),
]
