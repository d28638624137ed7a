"""What every section has in common, and the kinds of value that keys hold."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from urllib.parse import quote, unquote

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from arena.config import quantity

MISSING_CHOICE = "missing_choice"
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


def needs(keys: str) -> PydanticCustomError:
    """The mistake of a section that has none of `keys` ("a or b"); not told where a wrong one was told of already."""
    return PydanticCustomError(MISSING_CHOICE, "needs {keys}", {"keys": keys})


def nested(description: str) -> Any:
    """A section that may be left out: then it is an empty one, with all its defaults. (An instance as the default would make
    pydantic compile each section's class on its own, at every start of the CLI.)"""
    return Field(default={}, validate_default=True, description=description)


@dataclass(frozen=True, slots=True, eq=False)  # hashed by identity: its schema is a dict
class ShortForm:
    """Adds a short form to the JSON schema of the annotated type: `schema` or the long form."""

    schema: dict[str, Any]

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [self.schema, handler(core)]}


def _number(kind: str, **bounds: int) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": kind, **bounds}, {"type": "string", "pattern": rf"^\d+$|{_REFERENCE}"}]})


def _quantity(title: str, *examples: str) -> WithJsonSchema:
    forms = [{"type": "number", "minimum": 0}, {"type": "string", "pattern": rf"^\d|{_REFERENCE}"}]
    return WithJsonSchema({"title": title, "anyOf": forms, "examples": list(examples)})


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
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"/[^\s?#\\]*", value) or re.search(r"//|/\.\.?(/|$)", value):
        raise ValueError(f"should be a path such as /web, not {value!r:.60}")
    return value


def _as_sent(path: str) -> str:
    """A path that is compared with canonical ones (policy/path.py), which are ASCII, and in which nothing is escaped that need
    not be."""
    if "${" in path:  # what could not be filled in is a problem of its own
        return path
    if re.search(r";|%(?:3b|2f|5c)", path, re.IGNORECASE):
        raise ValueError(f"cannot hold ; or an encoded slash, not {path!r:.60}")
    sent = quote(unquote(path), safe="/!$&'()*+,=:@~|[]")
    if sent != path:
        raise ValueError(f"should be written as clients send it: {sent}")
    return path


def _listening(value: Any) -> Any:
    """An empty host would listen on every interface; whoever wants that writes 0.0.0.0."""
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z0-9._:%-]+", value):
        raise ValueError(f"should be an address to listen on such as 127.0.0.1, not {value!r:.60}")
    return value


def _parsed(parse: Any) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


def _percentage(value: Any) -> Any:
    return quantity.percentage(str(value)) if isinstance(value, str | int | float) else value


def _share(value: Any) -> Any:
    return quantity.share(str(value)) if isinstance(value, str | int | float) else value


_DURATION = _quantity("duration", "5s", "1m30s", "500ms")
STRING: dict[str, Any] = {"type": "string"}
STRINGS: dict[str, Any] = {"type": "array", "items": STRING}
_FLAG = {
    "title": "true or false",
    "anyOf": [{"type": "boolean"}, {"type": "string", "pattern": f"^(true|false)$|{_REFERENCE}"}],
}
_TABLE = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}

Text = Annotated[str, WithJsonSchema(STRING)]
Name = Annotated[str, Field(min_length=1), WithJsonSchema({**STRING, "minLength": 1})]
Host = Annotated[str, BeforeValidator(_listening), WithJsonSchema({**STRING, "minLength": 1})]
Flag = Annotated[bool, WithJsonSchema(_FLAG)]
Count = Annotated[int, Field(ge=0, le=1000), _number("integer", minimum=0, maximum=1000)]
Positive = Annotated[int, Field(ge=1, le=10**9), _number("integer", minimum=1)]
Port = Annotated[int, Field(ge=1, le=65535), _number("integer", minimum=1, maximum=65535)]
Duration = Annotated[float, Field(ge=0), _parsed(quantity.duration), _DURATION]
PositiveDuration = Annotated[float, Field(gt=0), _parsed(quantity.duration), _DURATION]
SHARE = (
    BeforeValidator(_share),
    WithJsonSchema(
        {
            "title": "share",
            "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^\d|\$"}],
            "examples": ["50%", 0.5],
        }
    ),
)
Share = Annotated[float, Field(gt=0), *SHARE]
Percentage = Annotated[
    float,
    BeforeValidator(_percentage),
    WithJsonSchema(
        {
            "title": "percentage",
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
                {"type": "string", "pattern": r"^\d|\$"},
            ],
            "examples": ["10%", 0.5],
        }
    ),
]
Size = Annotated[int, Field(ge=1), _parsed(quantity.size), _quantity("size", "512k", "10MB", "1g")]
Words = Annotated[list[str], BeforeValidator(_words), Field(min_length=1), WithJsonSchema(STRINGS), ShortForm(STRING)]
Texts = Annotated[list[str], BeforeValidator(listed), WithJsonSchema(STRINGS), ShortForm(STRING)]
Table = Annotated[dict[str, str | None], BeforeValidator(_table), WithJsonSchema(_TABLE), ShortForm(STRINGS)]
UrlPath = Annotated[str, BeforeValidator(_path), WithJsonSchema({"type": "string", "pattern": f"^/|{_REFERENCE}"})]
RoutePath = Annotated[UrlPath, AfterValidator(_as_sent)]
