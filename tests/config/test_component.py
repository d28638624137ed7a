from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import ConfigInvalid, Loaded
from arena.model.project import GatewaySettings, Jwt, RegistrySettings, Timeouts
from arena.model.route import RateLimit

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]
LONG = "x" * 32


def test_nothing_written_means_the_models_defaults(load: Load) -> None:
    project = load("name: a").project
    assert project.gateway == GatewaySettings()
    assert project.registry == RegistrySettings()


def test_everything_written(load: Load) -> None:
    project = load(f"""
        gateway:
          host: 0.0.0.0
          port: "9000"
          workers: 4
          auth: {{jwt: {{secret: {LONG}, issuer: me, audience: you, leeway: 5s}}, api_keys: true}}
          rate_limits: [{{rate: 60/min}}, {{algorithm: token_bucket, rate: 5/s, burst: 9, by: ip}}]
          timeouts: {{header: 1s, body: 2, connect: 500ms, first_byte: 1m, idle: 5, drain: 0}}
          max_header_bytes: 16k
          max_body_bytes: 1MB
          auto_routes: false
          access_log: no
        state: {{valkey: embedded}}
        registry: {{host: "::1", port: 8600, ttl: 1m}}
        """).project
    assert project.gateway == GatewaySettings(
        host="0.0.0.0",
        port=9000,
        workers=4,
        issuers=(Jwt(LONG, "me", "you", 5.0),),
        rate_limits=(RateLimit(1.0, 60), RateLimit(5.0, 9, "ip")),
        timeouts=Timeouts(1, 2, 0.5, 60, 5, 0),
        max_header_bytes=16384,
        max_body_bytes=1024**2,
        auto_routes=False,
        access_log=False,
        api_keys=True,
    )
    assert project.registry == RegistrySettings("::1", 8600, 60)


def test_a_head_must_have_room(load: Load) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load("gateway: {max_header_bytes: 5}")
    (problem,) = caught.value.problems
    assert (problem.where, problem.message) == ("gateway.max_header_bytes", "should be at least 1024, not '5'")
    assert load("gateway: {max_header_bytes: 1k}").project.gateway.max_header_bytes == 1024


def test_the_environment_fills_what_the_file_leaves_out(load: Load) -> None:
    env = {"ARENA_API_PORT": "8080", "ARENA_JWT_SECRET": LONG, "SERVICE_DISCOVERY_URL": "http://localhost:8501"}
    project = load("name: a", env=env).project
    assert (project.gateway.port, project.gateway.issuers[0].secret) == (8080, LONG)
    assert project.registry.url == "http://127.0.0.1:8501"
    project = load("gateway: {port: 1}\nregistry: {port: 2}", env=env).project
    assert (project.gateway.port, project.registry.port) == (1, 2)


@pytest.mark.parametrize(
    ("text", "env", "problem"),
    [
        ("name: a", {"ARENA_JWT_SECRET": "short"}, "0:0 ARENA_JWT_SECRET: should be at least 32 bytes"),
        ("gateway: {auth: {jwt: {secret: tiny}}}", {}, "1:32 gateway.auth.jwt.secret: should be at least 32 bytes"),
        ("name: a", {"ARENA_API_PORT": "http"}, "0:0 ARENA_API_PORT: should be a port from 1 to 65535, not 'http'"),
        ("name: a", {"ARENA_API_PORT": "70000"}, "0:0 ARENA_API_PORT: should be a port from 1 to 65535, not '70000'"),
        ("name: a", {"SERVICE_DISCOVERY_URL": "localhost:8500"}, "'localhost:8500' is not an http:// or https:// URL"),
        ("name: a", {"SERVICE_DISCOVERY_URL": "http://h:99999"}, "SERVICE_DISCOVERY_URL: "),
    ],
)
def test_mistakes(problems: Problems, text: str, env: dict[str, str], problem: str) -> None:
    (found,) = problems(text, env=env)
    assert problem in found


@pytest.mark.parametrize("text", ["gateway: {host: ''}", "gateway: {host: $GONE}", "registry: {host: 'http://x'}"])
def test_a_host_that_is_none_is_never_every_interface(problems: Problems, text: str) -> None:
    (found,) = problems(text)
    assert "should be an address to listen on such as 127.0.0.1" in found


def test_a_registry_url_must_be_one_arena_can_listen_on(problems: Problems) -> None:
    for url in ("https://h:8500", "http://h:8500/base"):
        assert "that is where the registry listens" in problems("name: a", env={"SERVICE_DISCOVERY_URL": url})[0]


def test_a_secret_is_counted_in_bytes(problems: Problems) -> None:
    assert problems("name: a", env={"ARENA_JWT_SECRET": "é" * 16}) == []


def test_windows_take_their_quota_and_their_length_from_the_rate(load: Load) -> None:
    limits = load(
        """
        gateway:
          rate_limits:
            - {algorithm: sliding_log, rate: 60/min, by: "header:X-Tenant", name: tenant, enforce: false}
            - {algorithm: fixed_window, rate: 1000/d, by: role}
        """
    ).project.gateway.rate_limits
    tenant, daily = limits
    assert tenant == RateLimit(1.0, 60, "header:x-tenant", "sliding_log", "tenant", enforce=False)
    assert (tenant.window, tenant.title) == (60.0, "tenant")
    assert (daily.burst, daily.window, daily.title) == (1000, 86400.0, "role-1000-per-86400s")


def test_small_quotas_of_tokens_let_requests_pass_that_do_not_say_what_they_need(load: Load) -> None:
    small, burst, said, requests = load(
        """
        gateway:
          rate_limits:
            - {unit: tokens, rate: 600/min, name: a}
            - {unit: tokens, rate: 600/min, burst: 9000, name: b}
            - {unit: tokens, rate: 600/min, default_max_tokens: 599, name: c}
            - {rate: 600/min, name: d}
        """
    ).project.gateway.rate_limits
    assert [each.default_max_tokens for each in (small, burst, said, requests)] == [300, 1024, 599, 1024]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("state: {valkey: memcached}", "state.valkey: should be `embedded` or a redis:// URL"),
        ("state: {valkey: 'rediss://:hush@h'}", "state.valkey: should be `embedded` or a redis:// URL"),
        ("state: {redis: embedded}", "state.redis: is known, but not supported"),
        ("services: {state: {url: 'http://h'}}", "'state' is the name of one of Arena's own components"),
    ],
)
def test_mistakes_about_the_store(problems: Problems, text: str, problem: str) -> None:
    (found,) = problems(text)
    assert problem in found
    assert "hush" not in found
