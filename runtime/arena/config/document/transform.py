"""What a route changes on the way: headers, path, query, status."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from arena.config.document.base import STRING, STRINGS, Section, ShortForm, Size, UrlPath, listed, nested
from arena.model.transform import GATEWAY_HEADERS

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]{1,64}")
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
_PATTERN = re.compile(r"(/([A-Za-z0-9._~!$&'()*+,;=:@%-]+|\{[a-z_][a-z0-9_]*\}))*(/|/\{[a-z_][a-z0-9_]*\*\})?")
_NO_BODY = (204, 205, 304)
_LONGEST = 8192
_LONGEST_POINTER = 512


def _header(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not _HEADER.fullmatch(value):
        raise ValueError(f"should be the name of a header, not {value!r:.60}; write X-User for X_User")
    if value.lower() in GATEWAY_HEADERS:
        raise ValueError(f"cannot name {value}: the gateway reads and writes this header itself")
    return value


def _header_value(value: Any) -> Any:
    if isinstance(value, str) and (not _VALUE.fullmatch(value) or len(value) > _LONGEST):
        raise ValueError("should be printable ASCII without blanks at its ends")  # never shown: it may be a secret
    return value


def _pattern(value: Any) -> Any:
    if isinstance(value, str) and (not value or not _PATTERN.fullmatch(value)):
        raise ValueError(f"should be a path such as /users/{{id}}/{{rest*}}, not {value!r:.60}")
    return value


def _status(value: int) -> int:
    if value in _NO_BODY:
        raise ValueError(f"cannot be {value}, which has no body where other replies have one")
    return value


Header = Annotated[str, BeforeValidator(_header)]
_TABLE = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
HeaderValues = Annotated[
    dict[Header, Annotated[str, BeforeValidator(_header_value)]],
    WithJsonSchema({**_TABLE, "propertyNames": {"maxLength": 64}}),
]
HeaderNames = Annotated[list[Header], BeforeValidator(listed), WithJsonSchema(STRINGS), ShortForm(STRING)]
Names = Annotated[dict[Header, Header], WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}})]
Texts = Annotated[list[str], BeforeValidator(listed), WithJsonSchema(STRINGS), ShortForm(STRING)]
Table = Annotated[dict[str, str], WithJsonSchema(_TABLE)]
Pattern = Annotated[str, BeforeValidator(_pattern), WithJsonSchema(STRING)]
Status = Annotated[int, Field(ge=200, le=599), AfterValidator(_status)]


def _pointer(value: Any) -> Any:
    if isinstance(value, str) and (not re.fullmatch(r"(/([^~/]|~[01])*)+", value) or len(value) > _LONGEST_POINTER):
        raise ValueError(f"should be a JSON pointer such as /user/name, not {value!r:.60}")
    return value


Pointer = Annotated[str, BeforeValidator(_pointer), WithJsonSchema({"type": "string", "pattern": r"^/|\$"})]
BodyValues = Annotated[dict[Pointer, Any], WithJsonSchema({"type": "object"})]
Pointers = Annotated[list[Pointer], BeforeValidator(listed), WithJsonSchema(STRINGS), ShortForm(STRING)]
PointerNames = Annotated[
    dict[Pointer, Pointer], WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}})
]


def _distinct(*groups: Any) -> None:
    seen: set[str] = set()
    for name in (name for group in groups for name in group):
        if name in seen:
            raise ValueError(f"names {name} more than once; what should become of it?")
        seen.add(name)


class HeadersSection(Section):
    """Changes to headers. Values may hold `${principal.sub}`, `${principal.iss}` (absent where the issuer is ours),
    `${request.id}`, `${request.host}`, `${route.name}` and `${client.ip}`; a header whose value is absent or holds control
    characters is not sent, nor is the sender's own."""

    set: HeaderValues = Field(default={}, description="Headers to send, in place of any of that name.")
    add: HeaderValues = Field(default={}, description="Headers to send beside those of that name.")
    remove: HeaderNames = Field(default=[], description="Headers to leave out.")
    rename: Names = Field(default={}, description="Old names and new; what was called by the new name is left out.")

    @model_validator(mode="after")
    def _no_name_twice(self) -> HeadersSection:
        groups: list[list[str]] = [list(self.set), self.remove, list(self.rename), list(self.rename.values())]
        _distinct(*([name.lower() for name in group] for group in groups))
        _distinct(name.lower() for name in self.add)
        return self


class QuerySection(Section):
    """Changes to the query. Values may hold what header values may hold, and are percent-encoded."""

    set: Table = Field(default={}, description="Parameters to send, in place of any of that name.")
    remove: Texts = Field(default=[], description="Parameters to leave out.")
    rename: Table = Field(default={}, description="Old names and new.")

    @model_validator(mode="after")
    def _no_name_twice(self) -> QuerySection:
        _distinct(self.set, self.remove, self.rename, self.rename.values())
        return self


class BodySection(Section):
    """Changes to JSON bodies, by JSON Pointer: `{set: {/user: "${principal.sub}"}, remove: [/debug], rename: {/a: /b}}`.
    First is removed and renamed, then set. Numbers keep their digits."""

    later: ClassVar = ("add", "move", "copy")

    set: BodyValues = Field(
        default={},
        description="Members to set, in place of what is there. A value is JSON where it reads as JSON (5, true, null, lists"
        " and mappings), else text; text may hold what header values may hold, and a member whose fact is absent is removed."
        " Objects on the way are made; `-` stands for the place behind the last element of an array.",
    )
    remove: Pointers = Field(default=[], description="Members to leave out.")
    rename: PointerNames = Field(default={}, description="Old pointers and new; what had the new name is left out.")
    max_bytes: Size = Field(
        default=1024 * 1024,
        description="The longest body that is changed; longer ones are refused: 413, or 502 for replies.",
    )

    @model_validator(mode="after")
    def _no_pointer_inside_another(self) -> BodySection:
        pointers = sorted([*self.set, *self.remove, *self.rename, *self.rename.values()])
        _distinct(pointers)
        for one in pointers:
            inside = next((other for other in pointers if other.startswith(one + "/")), None)
            if inside is not None:
                raise ValueError(f"names {one} and, inside it, {inside}; what should become of them?")
        return self


class RequestBodySection(BodySection):
    """Changes to the JSON bodies of requests, by JSON Pointer: `{set: {/user: "${principal.sub}"}, remove: [/debug]}`. First is
    removed and renamed, then set. Numbers keep their digits. A body of another type is refused with 415; one that is no JSON,
    or names a member twice, with 400. A request without a body stays without one."""


class ResponseBodySection(BodySection):
    """Changes to the JSON bodies of replies, by JSON Pointer, as for requests. The service is asked for no compression. A reply
    that comes compressed, that is no JSON, or that is a stream of it (server-sent events, ndjson) is answered with 502, because
    it cannot be changed; replies of other types, such as HTML, pass as they are."""


class RequestSection(Section):
    """What is changed on requests before the service gets them."""

    headers: HeadersSection = nested("Changes to their headers.")
    body: RequestBodySection = nested("Changes to their JSON bodies.")


class ResponseSection(Section):
    """What is changed on the service's replies; the gateway's own refusals stay as they are."""

    headers: HeadersSection = nested("Changes to their headers.")
    body: ResponseBodySection = nested("Changes to their JSON bodies.")
    status: Annotated[
        dict[Status, Status],
        WithJsonSchema({"type": "object", "additionalProperties": {"type": ["integer", "string"]}}),
    ] = Field(default={}, description="The service's status and the one to send instead, as `404: 410`.")


class PathRewriteSection(Section):
    """A path by its segments: `{match: "/users/{id}/{rest*}", to: "/v2/{rest}/of/{id}"}`."""

    match: Pattern = Field(
        description="Segments, of which `{name}` is any one and `{name*}`, at the end, all the rest. A path that does not"
        " fit stays as it is."
    )
    to: Pattern = Field(description="The path to ask for, with the names of `match`.")

    @model_validator(mode="after")
    def _names_fit(self) -> PathRewriteSection:
        slots = re.findall(r"\{(\w+)\*?\}", self.match)
        if len(slots) != len(set(slots)):
            raise ValueError("names a segment twice in match")
        unknown = set(re.findall(r"\{(\w+)\*?\}", self.to)) - set(slots)
        if unknown:
            raise ValueError(f"names {{{min(unknown)}}} in to, which match does not")
        return self


class RewriteSection(Section):
    """Another path and query for the service than the client asked for."""

    prefix: UrlPath | None = Field(default=None, description="Goes in the place of the route's own `path`.")
    path: PathRewriteSection | None = Field(default=None, description="Another path, made of this one's segments.")
    query: QuerySection = nested("Changes to the query.")

    @model_validator(mode="after")
    def _one_path(self) -> RewriteSection:
        if self.prefix is not None and self.path is not None:
            raise ValueError("has both a prefix and a path; keep one of them")
        return self
