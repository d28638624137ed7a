"""service.yaml: what a service's own folder says of it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from arena.config.document.base import Flag, Name, Port, Positive, PositiveDuration, Section, nested


class RequestLimitsSection(Section):
    """Limits per caller."""

    requests_per_minute: Positive | None = Field(
        default=None, description="Requests a minute on each of the service's routes."
    )
    tokens_per_minute: Positive | None = Field(
        default=None, description="Tokens of the language model a minute, for each caller."
    )


class IdentitySection(Section):
    """The service itself."""

    later: ClassVar = ("version", "capabilities", "host")

    name: Name | None = Field(default=None, description="The service this file is about.")
    port: Port | None = Field(default=None, description="Its fixed port, when it runs once.")
    health_check_interval: PositiveDuration | None = Field(
        default=None, description="Seconds between two health checks."
    )
    rate_limits: RequestLimitsSection = nested("Limits per caller.")


class AiSection(Section):
    """What an AI service is told through its environment."""

    model: Name | None = Field(default=None, description="Becomes ARENA_AI_MODEL.")
    safety_enabled: Flag = Field(default=False, description="Safety checks; not enforced yet.")
    max_input_length: Positive | None = Field(default=None, description="Becomes ARENA_AI_MAX_INPUT_LENGTH.")


class ServiceFile(Section):
    """One service's own defaults; arena.yaml wins where both speak."""

    service: IdentitySection = nested("The service itself.")
    ai: AiSection = nested("What an AI service is told.")
