"""What is done for a request when the service does not answer well, or not in time."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from arena.config.document.base import PositiveDuration, Section, Share, listed

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
