"""Health checks, restarts, dependencies and places of a service."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from arena.config.document.base import (
    STRING,
    STRINGS,
    Duration,
    Flag,
    Name,
    Positive,
    PositiveDuration,
    Section,
    ShortForm,
    Text,
    UrlPath,
)
from arena.model.snapshot import MOST_WEIGHT

WEIGHT = WithJsonSchema(
    {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": MOST_WEIGHT},
            {"type": "string", "pattern": r"^\d+$|\$"},
        ]
    }
)
POLICIES = ("no", "on-failure", "always", "unless-stopped")


def _test(value: Any) -> Any:
    """compose's three forms as the words to run; [] for NONE."""
    if isinstance(value, str):
        return ["sh", "-c", value]
    if not isinstance(value, list) or not value:
        raise ValueError('should be a command, or a list that starts with "CMD", "CMD-SHELL" or "NONE"')
    kind, *words = value
    if kind == "NONE" and not words:
        return []
    if kind == "CMD" and words:
        return words
    if kind == "CMD-SHELL" and len(words) == 1:
        return ["sh", "-c", *words]
    raise ValueError('should start with "CMD" and a command, with "CMD-SHELL" and one string, or be ["NONE"]')


def _tcp(value: Any) -> Any:
    """`true` as 0, the instance's own port; `false` as nothing."""
    if isinstance(value, str) and value in ("true", "false"):
        value = value == "true"
    if isinstance(value, bool):
        return 0 if value else None
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or not 1 <= value <= 65535:
        raise ValueError("should be true, for the instance's own port, or a port from 1 to 65535")
    return value


def _policy(value: Any) -> Any:
    """`on-failure:3` as its long form."""
    if not isinstance(value, str):
        return value
    name, colon, count = value.partition(":")
    if not colon:
        return {"when": name}
    if name != "on-failure" or not count.isdecimal():
        raise ValueError(f"should be one of {', '.join(POLICIES)} or on-failure:3, not {value!r:.60}")
    return {"when": name, "max_attempts": count}


class HealthcheckSection(Section):
    """How Arena asks whether an instance is healthy."""

    later: ClassVar = ("start_interval", "grpc", "ready_log_line")

    http: UrlPath | None = Field(default=None, description="A path on the instance's port; 2xx and 3xx are healthy.")
    tcp: Annotated[
        int | None,
        BeforeValidator(_tcp),
        WithJsonSchema(
            {
                "title": "true or a port",
                "anyOf": [
                    {"type": "boolean"},
                    {"type": "integer", "minimum": 1, "maximum": 65535},
                    {"type": "string", "pattern": r"^(true|false|\d+)$|\$"},
                ],
            }
        ),
    ] = Field(
        default=None,
        description="`true`: healthy is who accepts a connection on its port; a number: on that port of the same host.",
    )
    test: Annotated[
        list[str] | None,
        BeforeValidator(_test),
        WithJsonSchema(STRINGS),
        ShortForm(STRING),
    ] = Field(
        default=None, description='A command; exit code 0 is healthy. As in compose: a string, ["CMD", …] or ["NONE"].'
    )
    interval: PositiveDuration | None = Field(default=None, description="Between two checks. Default: 5s.")
    timeout: PositiveDuration = Field(default=2.0, description="A check that takes longer has failed.")
    retries: Positive = Field(default=3, description="Failures in a row that make an instance unhealthy.")
    successes: Positive = Field(default=1, description="Successes in a row that make it healthy again.")
    start_period: Duration = Field(default=30.0, description="Failures this soon after the start do not count.")
    disable: Flag = Field(default=False, description="Do not check this service.")


class RestartSection(Section):
    """When a stopped or unhealthy instance is started again. The delay doubles each time."""

    later: ClassVar = ("on_unhealthy", "success_exit_codes")

    when: Literal["no", "on-failure", "always", "unless-stopped"] = Field(
        default="on-failure", description="The policy."
    )
    delay: Duration = Field(default=0.5, description="The first delay.")
    max_delay: Duration = Field(default=30.0, description="The longest delay.")
    max_attempts: Positive = Field(default=8, description="Starts within `window` after which Arena gives up.")
    window: PositiveDuration = Field(default=120.0, description="The time in which starts are counted.")


_SHORT = {"type": "string", "pattern": r"^(no|always|on-failure(:\d+)?|unless-stopped)$|\$"}
Restart = Annotated[RestartSection, BeforeValidator(_policy), ShortForm(_SHORT)]


class DependencySection(Section):
    """What must be true of another service before this one starts."""

    later: ClassVar = ("restart", "required")

    condition: Literal["service_started", "service_healthy", "service_completed_successfully"] = Field(
        default="service_started", description="What to wait for."
    )


class EnvFileSection(Section):
    """A file of KEY=value lines."""

    later: ClassVar = ("format",)

    path: Name = Field(description="The file, relative to the first arena.yaml.")
    required: Flag = Field(default=True, description="Whether it is a mistake that the file is missing.")


class UrlSection(Section):
    """One place where an external service runs."""

    url: Text = Field(description="http:// or https://, host, port and base path.")
    weight: Annotated[int, Field(ge=0, le=MOST_WEIGHT), WEIGHT] = Field(
        default=1, description="How many requests it gets beside the others; 0 for none."
    )
