"""What every section has in common, and the kinds of value that keys hold."""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from arena.config import quantity

_REFERENCE = r"\$"  # a value that holds a ${VAR} may be anything until it is filled


def _open_to_extensions(schema: dict[str, Any]) -> None:
    schema["patternProperties"] = {"^x-": {}}


class Section(BaseModel):
    """A mapping with known keys; `x-` keys are the user's own, a key without a value counts as not written.

    `later` names keys that Arena's design (or compose) has and this version does not build: refused, but not as typos.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True, json_schema_extra=_open_to_extensions)
    later: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, data: Any) -> Any:
        if data is None:
            return {}
        if isinstance(data, dict):
            return {key: value for key, value in data.items() if value is not None and not key.startswith("x-")}
        return data


def _text_or(kind: str, pattern: str) -> dict[str, Any]:
    return {"anyOf": [{"type": kind}, {"type": "string", "pattern": f"{pattern}|{_REFERENCE}"}]}


def _words(value: Any) -> Any:
    """A command line as the shell would split it; a list is taken as it is."""
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value)
    except ValueError as error:
        raise ValueError(f"cannot be split into words: {str(error).lower()}") from None


def listed(value: Any) -> Any:
    """A single string as a list of one."""
    return [value] if isinstance(value, str) else value


def _table(value: Any) -> Any:
    """`[KEY=value, NAME]` as `{KEY: value, NAME: None}`."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return value
    pairs = (item.partition("=") for item in value)
    return {name: (text if equals else None) for name, equals, text in pairs}


def _path(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"/(?!/)[^\s?#]*", value):
        raise ValueError(f"should be a path such as /web, not {value!r:.60}")
    return value


def _parsed(parse: Any) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


_DURATION = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}], "examples": ["5s", "1m30s", "500ms"]}
_SIZE = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}], "examples": ["512k", "10MB", "1g"]}
_STRINGS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
STRING_OR_LIST: dict[str, Any] = {"anyOf": [{"type": "string"}, _STRINGS]}
_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean", "null"]}

Text = Annotated[str, WithJsonSchema({"type": "string"})]
Flag = Annotated[bool, WithJsonSchema(_text_or("boolean", "^(true|false)$"))]
Count = Annotated[int, Field(ge=0, le=1000), WithJsonSchema(_text_or("integer", r"^\d+$"))]
Positive = Annotated[int, Field(ge=1, le=10**9), WithJsonSchema(_text_or("integer", r"^\d+$"))]
Port = Annotated[int, Field(ge=1, le=65535), WithJsonSchema(_text_or("integer", r"^\d+$"))]
Duration = Annotated[float, Field(ge=0), _parsed(quantity.duration), WithJsonSchema(_DURATION)]
PositiveDuration = Annotated[float, Field(gt=0), _parsed(quantity.duration), WithJsonSchema(_DURATION)]
Size = Annotated[int, Field(ge=1), _parsed(quantity.size), WithJsonSchema(_SIZE)]
Words = Annotated[list[str], BeforeValidator(_words), Field(min_length=1), WithJsonSchema(STRING_OR_LIST)]
Texts = Annotated[list[str], BeforeValidator(listed), WithJsonSchema(STRING_OR_LIST)]
Table = Annotated[
    dict[str, str | None],
    BeforeValidator(_table),
    WithJsonSchema({"anyOf": [{"type": "object", "additionalProperties": _SCALAR}, _STRINGS]}),
]
UrlPath = Annotated[str, BeforeValidator(_path), WithJsonSchema({"type": "string", "pattern": f"^/|{_REFERENCE}"})]
