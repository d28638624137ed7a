"""Routes and rate limits."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from arena.config import quantity
from arena.config.document.base import (
    STRING,
    STRINGS,
    Flag,
    Name,
    Positive,
    PositiveDuration,
    Section,
    ShortForm,
    Size,
    Texts,
    UrlPath,
    listed,
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*")


def _rate(value: Any) -> Any:
    return quantity.rate(value) if isinstance(value, str) else value


def _method(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _host(value: Any) -> Any:
    if isinstance(value, str) and not _HOST.fullmatch(value.lower()):
        hint = "wildcards are not supported yet" if "*" in value else "name no scheme and no port"
        raise ValueError(f"should be a host name such as api.example.org, not {value!r:.60}; {hint}")
    return value.lower() if isinstance(value, str) else value


Rate = Annotated[
    tuple[float, int],
    BeforeValidator(_rate),
    WithJsonSchema({"title": "rate", "type": "string", "examples": ["200/s", "60/min", "1000/h"]}),
]
Method = Annotated[
    Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"], BeforeValidator(_method)
]
Hosts = Annotated[
    list[Annotated[str, BeforeValidator(_host)]],
    BeforeValidator(listed),
    WithJsonSchema(STRINGS),
    ShortForm(STRING),
]


class RateLimitSection(Section):
    """A limit on how often a caller may ask."""

    later: ClassVar = ("unit", "window", "store", "on_exceed", "tokens")

    algorithm: Literal["token_bucket"] = Field(default="token_bucket", description="How requests are counted.")
    rate: Rate = Field(description="Requests allowed on average: 200/s, 60/min, 1000/h.")
    burst: Positive | None = Field(default=None, description="Requests allowed at once. Default: the count in `rate`.")
    by: Literal["principal", "ip", "route"] = Field(
        default="principal",
        description="What is counted: each authenticated caller, each client address, or the route as a whole.",
    )


class RouteSection(Section):
    """Requests that match host, method and path go to the service."""

    later: ClassVar = ("paths", "priority", "headers", "plugins", "safety", "retries", "cors", "strip_query")

    name: Name | None = Field(
        default=None, description="The route's name in logs and metrics. Default: from the service's name."
    )
    path: UrlPath = Field(description="A prefix that ends at a segment border: /a matches /a and /a/b, never /ab.")
    hosts: Hosts = Field(default=[], description="Host names the route answers to; empty means any.")
    methods: list[Method] = Field(default=[], description="HTTP methods the route answers to; empty means any.")
    strip_path: Flag = Field(default=False, description="Take `path` off before the request goes to the service.")
    roles: Texts = Field(
        default=[], description="Roles of which the caller needs one; empty means any authenticated caller."
    )
    auth: Literal["required", "none"] = Field(default="required", description="`none` makes the route public.")
    rate_limits: list[RateLimitSection] = Field(
        default=[], description="Limits on this route, besides the gateway's own."
    )
    first_byte_timeout: PositiveDuration | None = Field(
        default=None,
        description="How long the service may take to begin its reply. Default: gateway.timeouts.first_byte.",
    )
    max_body_bytes: Size | None = Field(
        default=None, description="Largest request body. Default: gateway.max_body_bytes."
    )
