"""A service, and the whole file."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from arena.config.document.base import (
    STRING,
    STRINGS,
    Count,
    Duration,
    Section,
    ShortForm,
    Table,
    Text,
    Texts,
    Words,
    listed,
    nested,
)
from arena.config.document.gateway import GatewaySection, RegistrySection, StateSection
from arena.config.document.health import DependencySection, EnvFileSection, HealthcheckSection, Restart, UrlSection
from arena.config.document.role import RoleSection
from arena.config.document.route import RouteSection
from arena.config.document.tls import UpstreamTlsSection
from arena.config.document.traffic import TrafficSection

_PORT = re.compile(r"(?:(?:127\.0\.0\.1|localhost):)?(?:(\d+):)?(\d+)(?:/tcp)?")


def _port(value: Any) -> Any:
    """`8101` as (None, 8101) and `8101:8101` as (8101, 8101): the fixed port, if any, and the one inside."""
    if not isinstance(value, str):
        raise ValueError('should be "8101" (a free port for each instance) or "8101:8101" (this very port)')
    match = _PORT.fullmatch(value)
    if not match:
        raise ValueError(f'should be a port such as "8101" or "8101:8101", not {value!r:.60}')
    published = int(match[1] or 0) or None
    for number in filter(None, (published, int(match[2]))):
        if number > 65535:
            raise ValueError(f"{number} is not a port; the highest is 65535")
    if published not in (None, int(match[2])):
        raise ValueError(
            f"maps {published} to {match[2]}, but a process listens on its port itself: "
            f'host and target port must be the same, such as "{match[2]}:{match[2]}"'
        )
    return published, int(match[2])


def _dependencies(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return {item: {} for item in value}
    return value


def _urls(value: Any) -> Any:
    return [value] if isinstance(value, (str, dict)) else value


def _url(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


def _env_file(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


_PORT_FORMS: dict[str, Any] = {"type": ["string", "integer"], "examples": ["8101", "8101:8101"]}
PublishedPort = Annotated[tuple[int | None, int], BeforeValidator(_port), WithJsonSchema(_PORT_FORMS)]
EnvFile = Annotated[EnvFileSection, BeforeValidator(_env_file), ShortForm(STRING)]
EnvFiles = Annotated[list[EnvFile], BeforeValidator(listed), ShortForm(STRING)]
ExternalUrl = Annotated[UrlSection, BeforeValidator(_url), ShortForm(STRING)]
ExternalUrls = Annotated[list[ExternalUrl], BeforeValidator(_urls), ShortForm(STRING)]
Dependencies = Annotated[dict[str, DependencySection], BeforeValidator(_dependencies), ShortForm(STRINGS)]


class DeploySection(Section):
    """How many copies run."""

    later: ClassVar = (
        "autoscale",
        "resources",
        "update_config",
        "rollback_config",
        "restart_policy",
        "placement",
        "mode",
    )

    replicas: Count = Field(default=1, description="Instances to run.")


class ServiceSection(Section):
    """One service: started by `command`, or running elsewhere at `url`."""

    later: ClassVar = (
        "image", "build", "develop", "safety", "plugins", "volumes", "networks", "secrets", "configs", "models", "user",
        "entrypoint", "labels", "extends", "scale", "stop_signal", "tty", "stdin_open", "logging", "init", "expose",
        "container_name", "hostname", "pull_policy", "ready_log_line", "schedule", "shutdown", "post_start", "pre_stop",
    )  # fmt: skip

    command: Words | None = Field(
        default=None,
        description="What to run: a string split like a shell's (but no shell runs it), or a list. May hold ${PORT}.",
    )
    path: Text | None = Field(
        default=None, description="The service's folder, relative to the first file; its service.yaml is read."
    )
    working_dir: Text | None = Field(default=None, description="compose's name for `path`.")
    environment: Table = Field(
        default={}, description="Variables for the process. A name without a value is passed through."
    )
    env_file: EnvFiles = Field(default=[], description="Files of KEY=value lines; `environment` wins over them.")
    ports: list[PublishedPort] = Field(
        default=[],
        description='"8101" (or "0"): a free port for each instance, given to it as PORT. "8101:8101": this very port.',
    )
    url: ExternalUrls | None = Field(
        default=None,
        description="Where an external service runs: routed to and probed, never started. Several, or `{url, weight}` for"
        " those that are meant to get more requests than others.",
    )
    tls: UpstreamTlsSection = nested("How it is believed, where its `url` is https://.")
    depends_on: Dependencies = Field(
        default={},
        description="Services that come first. One that runs elsewhere comes first"
        " where the condition is `service_healthy`: then its healthcheck, asked by the registry, must pass.",
    )
    healthcheck: HealthcheckSection | None = Field(default=None, description="How health is checked; none without it.")
    restart: Restart = nested("When to start it again.")
    stop_grace_period: Duration = Field(default=10.0, description="From SIGTERM to SIGKILL.")
    deploy: DeploySection = nested("How many copies run.")
    profiles: Texts = Field(
        default=[], description="The service is part of the project only when one of these is active."
    )
    routes: list[RouteSection] = Field(
        default=[], description="Which requests go to this service; without any it is private."
    )
    allow_from: Texts | None = Field(
        default=None,
        description="The services that may call this one directly, by name; [] for none. What comes through the gateway "
        "always may. The service itself refuses the others, as arena.sdk does; `arena health` says if it does not. "
        "Default: anybody may.",
    )
    traffic: TrafficSection = nested("How requests are spread over its instances, and when one is left alone.")
    metadata: Table = Field(
        default={},
        description="Facts for the registry, such as version. `weight` is what an instance is meant to get beside others"
        " that are registered for the service: 0 to 65535, 1 without it.",
    )


class ProjectFile(Section):
    """arena.yaml: one project."""

    later: ClassVar = (
        "include", "consumers", "plugins", "safety", "hub", "telemetry", "alerts", "events", "broker", "state_store",
        "volumes", "networks", "secrets", "configs", "models", "audit", "dashboard",
    )  # fmt: skip

    name: Text | None = Field(default=None, description="The project's name. Default: the folder's.")
    gateway: GatewaySection = nested("The door: every request goes through it.")
    registry: RegistrySection = nested("Who is alive, and where.")
    state: StateSection = nested("Where counts are kept that gateways share.")
    roles: dict[str, RoleSection] = Field(default={}, description="What the bearers of a role may do, by its name.")
    services: dict[str, ServiceSection] = Field(default={}, description="What you bring, by name.")
