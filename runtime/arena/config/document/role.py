"""Roles and their rules."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from arena.config.document.base import STRING, STRINGS, Section, ShortForm, Texts, listed
from arena.model.access import Rule


def _rule(text: str) -> str:
    Rule.parse(text)
    return text


Rules = Annotated[
    list[Annotated[str, AfterValidator(_rule)]], BeforeValidator(listed), WithJsonSchema(STRINGS), ShortForm(STRING)
]


class RoleSection(Section):
    """What the bearers of a role may do: rules `service:METHOD:/path`, where `*` stands for any service, any method or one
    segment of the path, and `**` for the rest of it. The path is what the service sees."""

    inherits: Texts = Field(
        default=[], description="Roles whose rules count for this one too, and which it can stand in for."
    )
    allow: Rules = Field(default=[], description="What it may do, on routes with `permissions: true`.")
    deny: Rules = Field(
        default=[],
        description="What it may not do on any route; wins over every `allow`. One for a version of a `split` closes the"
        " route; one for a `fallback` or `mirror` keeps that service out of it.",
    )
