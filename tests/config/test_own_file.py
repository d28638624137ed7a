from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from arena.config import Loaded
from arena.model.route import RateLimit

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]
Write = Callable[..., Path]

SEED = """\
service:
  name: ai_service
  port: 8001
  health_check_interval: 30
  rate_limits:
    requests_per_minute: 60
    tokens_per_minute: 10000

ai:
  model: arena-gpt
  safety_enabled: true
  max_input_length: 1000
"""
ARENA = "services: {ai_service: {path: ai, command: x, routes: [{path: /ai}, {path: /own, rate_limits: []}]}}"


def test_the_seeds_file_is_honoured(load: Load, write: Write) -> None:
    write(SEED, "ai/service.yaml")
    (service,) = load(ARENA).project.services
    assert service.port == 8001
    assert service.probe is not None
    assert (service.probe.http, service.probe.interval) == ("/health", 30.0)
    assert service.environment == {"ARENA_AI_MODEL": "arena-gpt", "ARENA_AI_MAX_INPUT_LENGTH": "1000"}
    assert [route.rate_limits for route in service.routes] == [
        (RateLimit(1.0, 60), RateLimit(10_000 / 60, 10_000, unit="tokens")), (),
    ]  # fmt: skip


def test_what_is_not_enforced_is_said(load: Load, write: Write) -> None:
    write(SEED, "ai/service.yaml")
    notes = load(ARENA).notes
    assert [(each.file, each.line, each.where) for each in notes] == [
        ("ai/service.yaml", 11, "ai.safety_enabled"),
    ]
    assert all("not enforced" in each.message for each in notes)


def test_arena_yaml_wins(load: Load, write: Write) -> None:
    write(SEED, "ai/service.yaml")
    text = """
        services:
          ai_service:
            path: ai
            command: x
            ports: ["9000:9000"]
            environment: {ARENA_AI_MODEL: mine}
            healthcheck: {http: /up, interval: 1s}
            routes: [{path: /ai, rate_limits: [{rate: 5/s}]}]
        """
    (service,) = load(text).project.services
    assert service.port == 9000
    assert service.environment["ARENA_AI_MODEL"] == "mine"
    assert service.probe is not None
    assert (service.probe.http, service.probe.interval) == ("/up", 1.0)
    assert service.routes[0].rate_limits == (RateLimit(5.0, 5),)


def test_its_port_is_not_for_replicas_and_its_limit_not_for_a_private_service(load: Load, write: Write) -> None:
    write("service: {port: 8001, rate_limits: {requests_per_minute: 5}}", "ai/service.yml")
    loaded = load("services: {web: {working_dir: ai, command: x, deploy: {replicas: 2}}}")
    assert loaded.project.services[0].port is None
    assert sorted(each.where for each in loaded.notes) == ["service.port", "service.rate_limits.requests_per_minute"]


def test_a_file_about_another_service_is_not_used_and_says_so(load: Load, write: Write) -> None:
    write(SEED, "ai/service.yaml")
    loaded = load("services: {worker: {path: ai, command: x}}")
    assert loaded.project.services[0].port is None
    assert [each.message for each in loaded.notes] == [
        "this file is about 'ai_service', so it is not used for 'worker'"
    ]


def test_a_file_in_the_projects_own_folder_is_no_services(load: Load, write: Write) -> None:
    write(SEED, "service.yaml")
    assert load("services: {ai_service: {command: x}}").project.services[0].port is None


def test_its_mistakes_are_located_in_it(problems: Problems, write: Write) -> None:
    write("service: {prot: 1, port: high}\nai: [x]\n", "ai/service.yaml")
    assert problems(ARENA) == [
        "1:11 service.prot: is not a key Arena knows",
        "1:26 service.port: should be a whole number, not 'high'",
        "2:5 ai: should be a mapping (key: value lines), not a list",
    ]
    write("- a list", "ai/service.yaml")
    assert problems(ARENA) == ["1:1 : should be a mapping (key: value lines)"]
    write("", "ai/service.yaml")
    assert problems(ARENA) == []
