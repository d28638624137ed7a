from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import ConfigInvalid
from arena.config.document.gateway import TimeoutsSection
from arena.config.document.jwt import JwtSection
from arena.config.document.route import RateLimitSection, RouteSection
from arena.config.document.service import ProjectFile, ServiceSection
from arena.config.explain import section_at
from arena.config.tree import Path


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("gatway: {}", "is not a key Arena knows", "did you mean 'gateway'?"),
        ("gateway: {timeouts: {first_bite: 1}}", "is not a key Arena knows", "did you mean 'first_byte'?"),
        ("gateway: {rate_limits: [{rate: 1/s, brust: 1}]}", "is not a key Arena knows", "did you mean 'burst'?"),
        ("include: [x]", "is known, but not supported by this version yet", "remove it for now"),
        ("services: {a: {image: x, command: y}}", "is known, but not supported by this version yet", "remove it for now"),
        ("gateway: {listen: 4}", "is known, but not supported by this version yet", "remove it for now"),
        ("gateway: {auth: {oidc: true}}", "is known, but not supported by this version yet", "remove it for now"),
        ("services: {a: {deploy: {resources: {}}}}", "is known, but not supported by this version yet", "remove it for now"),
        (
            "services: {a: {command: x, restart: alwys}}",
            "should be no, on-failure, always or unless-stopped, not 'alwys'",
            "did you mean 'always'?",
        ),
        (
            "services: {a: {command: x, environment: [{A: 1}]}}",
            "should be a mapping (key: value lines), not a list",
            "remove the dashes: - key: value is a list of mappings",
        ),
        ("gateway: {port: 99999}", "should be at most 65535, not '99999'", ""),
        ("gateway: {port: 0}", "should be at least 1, not '0'", ""),
        ("gateway: {port: 80.5}", "should be a whole number, not '80.5'", ""),
        ("gateway: {port: [80]}", "should be a whole number, not a list", ""),
        ("gateway: {access_log: perhaps}", "should be true or false, not 'perhaps'", ""),
        ("gateway: {timeouts: {idle: soon}}", "should be a duration such as 5s, 1m30s or 500ms, not 'soon'", ""),
        ("gateway: {timeouts: {idle: 0}}", "should be more than 0, not 0", ""),
        ("gateway: {rate_limits: {rate: 1/s}}", "should be a list, not a mapping", ""),
        ("gateway: {auth: {jwt: {secret: {a: hunter2}}}}", "should be a list, not a mapping", ""),
        ("services: {a: {command: []}}", "should not be empty", ""),
        ("services: {a: {command: {}}}", "should be a list, not a mapping", ""),
    ],
)  # fmt: skip
def test_messages(load: Callable[..., object], text: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load(text)
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ((), ProjectFile),
        (("gateway", "auth", "jwt"), JwtSection),
        (("gateway", "timeouts"), TimeoutsSection),
        (("gateway", "rate_limits", 0), RateLimitSection),
        (("services", "gateway"), ServiceSection),
        (("services", "web", "routes", 1), RouteSection),
        (("services", "web", "routes", 1, "rate_limits", 0), RateLimitSection),
        (("services", "web", "environment", "X"), None),
    ],
)
def test_section_at(path: Path, section: object) -> None:
    assert section_at(ProjectFile, path) is section
