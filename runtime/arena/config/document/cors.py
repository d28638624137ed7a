"""CORS on a route."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from arena.config.document.base import STRING, STRINGS, Duration, Flag, Section, ShortForm, listed

_ORIGIN = re.compile(r"https?://([a-z0-9_.-]{1,253}|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_TOKEN = re.compile(r"\*|[A-Za-z0-9!#$%&'+.^_`|~-]{1,64}")


def _origin(value: Any) -> Any:
    if not isinstance(value, str) or value == "*":
        return value
    if not _ORIGIN.fullmatch(value.lower()):
        raise ValueError(f"should be an origin such as https://app.example.org, or * alone, not {value!r:.60}")
    return value.lower()


def _token(value: Any) -> Any:
    if isinstance(value, str) and not _TOKEN.fullmatch(value):
        raise ValueError(f"should be a name, not {value!r:.60}")
    return value


def _method(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


# TRACE is not among them: no browser sends it for a page.
Methods = Annotated[
    list[Annotated[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "*"], BeforeValidator(_method)]],
    BeforeValidator(listed),
    WithJsonSchema(STRINGS),
    ShortForm(STRING),
]
Origins = Annotated[
    list[Annotated[str, BeforeValidator(_origin)]],
    BeforeValidator(listed),
    Field(min_length=1),
    WithJsonSchema(STRINGS),
    ShortForm(STRING),
]
Tokens = Annotated[
    list[Annotated[str, BeforeValidator(_token)]], BeforeValidator(listed), WithJsonSchema(STRINGS), ShortForm(STRING)
]


class CorsSection(Section):
    """Which web pages may call the route from a browser; preflights are answered by the gateway, before authentication."""

    origins: Origins = Field(description="Origins such as https://app.example.org, or `*` alone for any.")
    methods: Methods = Field(default=[], description="Methods they may use. Default: the route's own, or all.")
    headers: Tokens = Field(
        default=["Authorization", "Content-Type", "X-API-Key"],
        description="Request headers they may send. Default: Authorization, Content-Type and X-API-Key.",
    )
    expose: Tokens = Field(default=[], description="Reply headers they may read besides the usual ones.")
    credentials: Flag = Field(default=False, description="Whether they may send cookies; then nothing may be `*`.")
    max_age: Duration = Field(default=600.0, description="How long a browser may remember a preflight's answer.")

    @model_validator(mode="after")
    def _no_wildcard_beside(self) -> CorsSection:
        if "*" in self.origins and len(self.origins) > 1:
            raise ValueError("lists origins beside *, which stands for all of them")
        if self.credentials and "*" in (*self.origins, *self.methods, *self.headers, *self.expose):
            raise ValueError("allows credentials and *: browsers take one or the other; list the origins")
        return self
