"""Roles and their rules."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from arena.config.document.base import STRINGS, Section, Texts
from arena.model.access import Rule


def _rules(value: Any) -> Any:
    given = [value] if isinstance(value, str) else value
    if isinstance(given, list):
        for each in given:
            if isinstance(each, str):
                Rule.parse(each)
    return given


Rules = Annotated[list[str], BeforeValidator(_rules), WithJsonSchema(STRINGS)]


class RoleSection(Section):
    """What the bearers of a role may do: rules `service:METHOD:/path`, where `*` stands for any service, any method or one
    segment of the path, and `**` for the rest of it. The path is what the service sees."""

    inherits: Texts = Field(
        default=[], description="Roles whose rules count for this one too, and which it can stand in for."
    )
    allow: Rules = Field(default=[], description="What it may do, on routes with `permissions: true`.")
    deny: Rules = Field(default=[], description="What it may not do on any route; wins over every `allow`.")
