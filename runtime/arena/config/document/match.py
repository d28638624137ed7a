"""What a route asks of a request besides its host, method and path, and among whom its requests are divided."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from arena.config.document.base import STRING, Flag, Name, Section, ShortForm, needs
from arena.config.document.transform import Header

_COOKIE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_LONGEST_REGEX = 512
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")


def _short(value: Any) -> Any:
    """A plain value is compared as it is."""
    if isinstance(value, bool):
        return {"exact": str(value).lower()}
    return {"exact": str(value)} if isinstance(value, str | int | float) else value


def _printable(value: Any) -> Any:
    if isinstance(value, str) and not _VALUE.fullmatch(value):
        raise ValueError("should be printable ASCII without blanks at its ends")
    return value


def _cookie(value: Any) -> Any:
    if isinstance(value, str) and not _COOKIE.fullmatch(value):
        raise ValueError(f"should be the name of a cookie, not {value!r:.60}")
    return value


def _regex(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value or len(value) > _LONGEST_REGEX:
        raise ValueError(f"should be a regular expression of 1 to {_LONGEST_REGEX} characters")
    try:
        import re2  # only who writes one pays for it
    except ImportError:
        raise ValueError("needs the extra `regex`: pip install 'arena-ops[regex]'") from None
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(value, options)
    except re2.error as error:
        raise ValueError(f"is no regular expression that RE2 takes: {_told(error)}") from None
    return value


def _told(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    return told.decode(errors="replace") if isinstance(told, bytes) else str(told)


class ConditionSection(Section):
    """A test of one value. A plain value in its place is `exact`."""

    later: ClassVar = ("suffix", "contains", "in")

    exact: str | None = Field(default=None, description="It is this.")
    prefix: Name | None = Field(default=None, description="It begins with this.")
    regex: Annotated[str, BeforeValidator(_regex), WithJsonSchema(STRING)] | None = Field(
        default=None,
        description="All of it fits this regular expression, in RE2's syntax (https://github.com/google/re2/wiki/Syntax);"
        " `$` is written `$$`. A value of more than 1024 characters does not fit. Needs the extra `regex`.",
    )
    present: Flag | None = Field(default=None, description="`true`: it is there, whatever it is. `false`: it is not.")

    @model_validator(mode="after")
    def _one_test(self) -> ConditionSection:
        said = [name for name in ("exact", "prefix", "regex", "present") if getattr(self, name) is not None]
        if not said:
            raise needs("exact, prefix, regex or present")
        if len(said) > 1:
            raise ValueError(f"has {' and '.join(said)}; keep one of them")
        return self


class HeaderConditionSection(ConditionSection):
    """A test of a header or a cookie. A plain value in its place is `exact`."""

    exact: Annotated[str, BeforeValidator(_printable), WithJsonSchema(STRING)] | None = Field(
        default=None, description="It is this."
    )
    prefix: Annotated[str, BeforeValidator(_printable), WithJsonSchema(STRING)] | None = Field(
        default=None, description="It begins with this."
    )


_SHORT = ShortForm({"type": ["string", "number", "boolean"]})
QueryCondition = Annotated[ConditionSection, BeforeValidator(_short), _SHORT]
HeaderCondition = Annotated[HeaderConditionSection, BeforeValidator(_short), _SHORT]


class MatchSection(Section):
    """What must be true of a request for the route to take it; all of it. Where a request holds several values of one name, one
    of them must fit. Of routes with the same path, hosts and methods the one that asks most is tried first. Conditions are for
    telling versions apart: a client may always leave out what they ask for, so that they guard nothing. Paths are told apart by
    `path` alone, a prefix: that a path may be spelt in several ways is settled once, for routes and permissions alike, and an
    expression would have to settle it again."""

    later: ClassVar = ("method", "path", "host", "jwt", "ip")

    headers: dict[Header, HeaderCondition] = Field(
        default={}, description='Request headers, as `x-canary: "true"` or `x-canary: {present: true}`.'
    )
    cookies: dict[Annotated[str, BeforeValidator(_cookie), WithJsonSchema(STRING)], HeaderCondition] = Field(
        default={}, description="Cookies."
    )
    query: dict[str, QueryCondition] = Field(
        default={}, description="Parameters of the query, compared after decoding."
    )

    @model_validator(mode="after")
    def _no_header_twice(self) -> MatchSection:
        names = [name.lower() for name in self.headers]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"names the header {twice} more than once")
        return self


Weight = Annotated[
    int,
    Field(ge=0, le=1_000_000),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\d+$|\$"}]}),
]


class PartSection(Section):
    """One of the services that share a route's requests."""

    service: Name = Field(description="A service of this file.")
    weight: Weight = Field(description="Its share, compared with the sum of all: 90 and 10, or 9 and 1.")
