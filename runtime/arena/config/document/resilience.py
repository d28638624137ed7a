"""What is done for a request when the service does not answer well, or not in time."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from arena.config import quantity
from arena.config.document.base import (
    STRING,
    Name,
    Percentage,
    PositiveDuration,
    Section,
    Share,
    ShortForm,
    Text,
    listed,
)
from arena.config.document.transform import HeaderValues

CAUSES = ("connect", "reset", "timeout")
MAX_ATTEMPTS = 10


def _cause(value: Any) -> Any:
    """A word of CAUSES, or the number of a status."""
    if value in CAUSES:
        return value
    text = str(value)
    if not (text.isdigit() and (text == "429" or 500 <= int(text) <= 599)):
        raise ValueError(f"should be connect, reset, timeout, 429 or a status from 500 to 599, not {value!r:.40}")
    return text


On = Annotated[
    list[Annotated[str, BeforeValidator(_cause)]],
    BeforeValidator(listed),
    WithJsonSchema(
        {
            "type": "array",
            "items": {
                "anyOf": [
                    {"enum": list(CAUSES)},
                    {"type": "integer", "minimum": 429, "maximum": 599},
                    {"type": "string", "pattern": r"^\d|\$"},
                ]
            },
        }
    ),
]
Attempts = Annotated[
    int,
    Field(ge=1, le=MAX_ATTEMPTS),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MAX_ATTEMPTS},
                {"type": "string", "pattern": r"^\d+$|\$"},
            ]
        }
    ),
]


class RouteRetriesSection(Section):
    """How often one request is attempted, and when again. What is left out is as the service's `traffic.retries` say."""

    later: ClassVar = ("retry_on", "num_retries", "interval")

    attempts: Attempts | None = Field(
        default=None, description="Attempts at one request, the first one included; 1 switches retries off. Default: 3."
    )
    per_try_timeout: PositiveDuration | None = Field(
        default=None,
        description="How long one attempt may take to begin its reply, connecting included, once the request's body has"
        " come. Default: the route's first_byte_timeout.",
    )
    backoff: PositiveDuration | None = Field(
        default=None,
        description="The longest pause before the second attempt, doubled before each further one; a random part of it is"
        " waited. After a refused connection another instance is asked at once. Default: 25ms.",
    )
    max_backoff: PositiveDuration | None = Field(
        default=None, description="The longest pause of all. Default: ten times `backoff`."
    )
    on: On | None = Field(
        default=None,
        description="What is tried again: `connect` (no connection could be made), and for idempotent methods `reset` (closed"
        " before a reply), `timeout` (no reply in time) and statuses of the service's (429 and 5xx). Default: connect, reset,"
        " and timeout if per_try_timeout is given.",
    )

    @model_validator(mode="after")
    def _grows(self) -> RouteRetriesSection:
        if self.backoff is not None and self.max_backoff is not None and self.max_backoff < self.backoff:
            raise ValueError("has a max_backoff that is shorter than its backoff")
        return self


class RetriesSection(RouteRetriesSection):
    """How often one request is attempted, and when again."""

    budget: Share = Field(
        default=0.2,
        description="What retries and hedges may come to, as a share of the service's requests; besides, one a second, so that"
        " a quiet service has some.",
    )


FALLBACK_CAUSES = ("unavailable", "failed")


def _fallback_cause(value: Any) -> Any:
    text = str(value)
    if value not in FALLBACK_CAUSES and not (text.isdigit() and 500 <= int(text) <= 599):
        raise ValueError(f"should be unavailable, failed or a status from 500 to 599, not {value!r:.40}")
    return text


def _content_type(value: Any) -> Any:
    if isinstance(value, str) and not _CONTENT_TYPE.fullmatch(value):
        raise ValueError(f"should be a type such as application/json, not {value!r:.60}")
    return value


_CONTENT_TYPE = re.compile(r"[A-Za-z0-9.+-]{1,64}/[A-Za-z0-9.+*-]{1,64}( ?; ?[A-Za-z0-9-]+=[A-Za-z0-9._-]+)*")
FallbackOn = Annotated[
    list[Annotated[str, BeforeValidator(_fallback_cause)]],
    BeforeValidator(listed),
    Field(min_length=1),
    WithJsonSchema(
        {
            "type": "array",
            "items": {
                "anyOf": [
                    {"enum": list(FALLBACK_CAUSES)},
                    {"type": "integer", "minimum": 500, "maximum": 599},
                    {"type": "string", "pattern": r"^\d|\$"},
                ]
            },
        }
    ),
]
ReplyStatus = Annotated[int, Field(ge=200, le=599), WithJsonSchema({"type": ["integer", "string"]})]
REPLY_KEYS = ("status", "body", "content_type", "headers")


class FallbackSection(Section):
    """Who answers when the service cannot: another service, or a reply laid down here. The reply says so
    (`x-arena-fallback`), and so do the access log and the metrics. A fallback has none of its own."""

    service: Name | None = Field(
        default=None,
        description="A service of this file, asked with the same path (after strip_path), with its own balance, breakers and"
        " retries; not for a request that may have reached the first one and must not be repeated (POST, PATCH). Roles'"
        " rules and limits are those of the route and its own service.",
    )
    status: ReplyStatus | None = Field(default=None, description="The status of the reply. Default: 200.")
    body: Text | None = Field(default=None, description="The body of the reply. Default: none.")
    content_type: Annotated[str, BeforeValidator(_content_type), WithJsonSchema(STRING)] | None = Field(
        default=None, description="The Content-Type of the reply. Default: text/plain; charset=utf-8."
    )
    headers: HeaderValues = Field(default={}, description="Further headers of the reply.")
    on: FallbackOn = Field(
        default=["unavailable", "failed"],
        description="When it answers: `unavailable` (no instance is up, or every breaker is open), `failed` (the last attempt"
        " got no reply, or none in time), statuses (5xx) of the service's own. Default: unavailable and failed.",
    )

    @model_validator(mode="after")
    def _is_one_of_both(self) -> FallbackSection:
        said = [key for key in REPLY_KEYS if key in self.model_fields_set]
        if self.service is not None and said:
            raise ValueError(f"names a service and {said[0]}; a fallback is a service or a reply")
        return self


def _delay(value: Any) -> Any:
    return {"time": value} if isinstance(value, (str, int, float)) else value


def _abort(value: Any) -> Any:
    return {"status": value} if isinstance(value, (str, int)) else value


class DelaySection(Section):
    """Requests that wait before they go to the service."""

    later: ClassVar = ("for", "fixed_delay", "percentage")

    time: PositiveDuration = Field(description="How long they wait.")
    percent: Percentage = Field(default=100.0, description="How many of the requests, as 10% or 0.5%. Default: all.")


class AbortSection(Section):
    """Requests that are answered as if the service had failed."""

    later: ClassVar = ("http_status", "grpc_status", "percentage")

    status: Annotated[int, Field(ge=400, le=599), WithJsonSchema({"type": ["integer", "string"]})] = Field(
        description="The status they are answered with."
    )
    percent: Percentage = Field(default=100.0, description="How many of the requests, as 10% or 0.5%. Default: all.")


def _fault_header(value: Any) -> Any:
    if isinstance(value, str) and not _FAULT_HEADER.fullmatch(value):
        raise ValueError(f"should be the name of a header, or name: value, not {value!r:.60}")
    return value


_FAULT_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]{1,64}(: ?[!-~]([ -~]{0,200}[!-~])?)?")


class FaultSection(Section):
    """Faults on purpose, to see what they do. Replies touched by one say so (`x-arena-fault`), and so do the access log and the
    metrics."""

    delay: Annotated[DelaySection, BeforeValidator(_delay), ShortForm(STRING)] | None = Field(
        default=None, description="Requests that wait before they go to the service: `200ms`, or time and percent."
    )
    abort: Annotated[AbortSection, BeforeValidator(_abort), ShortForm({"type": ["integer", "string"]})] | None = Field(
        default=None,
        description="Requests answered as if the service had failed: `503`, or status and percent. Retries are not made,"
        " a fallback answers.",
    )
    header: Annotated[str, BeforeValidator(_fault_header), WithJsonSchema(STRING)] | None = Field(
        default=None,
        description="Only requests with this header: its name, or `name: value`. Default: all requests.",
    )


_PERCENTILE = re.compile(r"[pP]([5-9][0-9])")


def _after(value: Any) -> Any:
    """`p95` as 95.0 percent, anything else as a duration in seconds."""
    if not isinstance(value, str):
        return ("after", value)
    match = _PERCENTILE.fullmatch(value.strip())
    if match:
        return ("percentile", int(match[1]))
    try:
        return ("after", quantity.duration(value))
    except ValueError:
        raise ValueError(f"should be a duration such as 50ms, or p50 to p99, not {value!r:.40}") from None


def _hedge(value: Any) -> Any:
    return {"after": value} if isinstance(value, (str, int, float)) else value


class HedgeSection(Section):
    """A second attempt, at another instance, beside a GET or HEAD that takes long; whoever replies first answers. It comes out
    of the retry budget of the service, takes a place of its `concurrency`, and counts as one of the `attempts`. There is one
    for a request. `50ms` alone is short for `after: 50ms`."""

    after: Annotated[
        tuple[Literal["after", "percentile"], Annotated[float, Field(gt=0)]],
        BeforeValidator(_after),
        WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\d|^[pP][5-9]\d$|\$"}]}),
    ] = Field(
        description="When: a duration, or `p50` to `p99`: when it takes longer than that percentage of the requests of late did"
        " (nothing until a hundred were seen)."
    )


Hedge = Annotated[HedgeSection, BeforeValidator(_hedge), ShortForm(STRING)]
