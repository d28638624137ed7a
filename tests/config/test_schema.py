from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from arena.config.schema import json_schema
from arena.config.starter import text

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    schema = json_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_the_committed_schema_is_this_one() -> None:
    assert json.loads((ROOT / "schemas/arena.schema.json").read_text(encoding="utf-8")) == json_schema()


FULL = """
name: n
x-anything: {a: [1]}
gateway:
  port: ${P:-1}
  auth: {jwt: {secret: s, leeway: 5}}
  rate_limits: [{rate: 1/s, burst: 2, by: ip}]
  timeouts: {idle: 1m, body: 2.5, drain: $D}
  max_body_bytes: 10MB
  access_log: false
registry: {port: 8500, ttl: 15s}
services:
  a:
    command: run
    x-note: 1
    environment: {A: 1, B: , C: true}
    env_file: [.env, {path: x, required: false}]
    ports: [8101]
    depends_on: {b: {condition: service_healthy}, c: }
    healthcheck: {test: [CMD, x], interval: 5s}
    restart: on-failure:3
    deploy: {replicas: 2}
    profiles: [p]
    routes: [{path: /a, hosts: x, methods: [GET], roles: [r], auth: none, strip_path: true}]
    metadata: {version: 1.1}
  b: {command: [a, b], environment: [A=1], env_file: .env, depends_on: [a], restart: {when: always, delay: 1s}, ports: ["1:1"]}
  c: {url: http://h, healthcheck: {http: /x}}
"""


@pytest.mark.parametrize(
    "document", [FULL, text("x"), (ROOT / "arena.yaml").read_text(encoding="utf-8"), "gateway:\n", "services: {a: }"]
)
def test_good_files(validator: jsonschema.Draft7Validator, document: str) -> None:
    assert [error.message for error in validator.iter_errors(yaml.safe_load(document))] == []


@pytest.mark.parametrize(
    "document",
    [
        "gatewy: {}",
        "gateway: {port: eighty}",
        "gateway: {port: 70000}",
        "gateway: {workers: 0}",
        "gateway: {rate_limits: [{burst: 2}]}",
        "gateway: {timeouts: {idle: soon}}",
        "gateway: {access_log: perhaps}",
        "services: []",
        "services: {a: {comand: x}}",
        "services: {a: {command: {}}}",
        "services: {a: {image: x}}",
        "services: {a: {restart: sometimes}}",
        "services: {a: {routes: [{path: x}]}}",
        "services: {a: {routes: [{}]}}",
        "services: {a: {depends_on: {b: {condition: soon}}}}",
        "services: {a: {deploy: {replicas: many}}}",
    ],
)
def test_bad_files(validator: jsonschema.Draft7Validator, document: str) -> None:
    assert list(validator.iter_errors(yaml.safe_load(document)))


def sections(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "", schema
    yield from schema["definitions"].items()


def test_every_section_is_strict_and_every_key_described() -> None:
    schema = json_schema()
    for name, section in sections(schema):
        assert section["additionalProperties"] is False, name
        assert "^x-" in section["patternProperties"], name
        assert section["description"], name
        for key, value in section["properties"].items():
            target = schema["definitions"].get(value.get("$ref", "").rpartition("/")[2], {})
            assert value.get("description") or target.get("description"), f"{name}.{key}"


def test_nothing_of_later_dialects_is_left() -> None:
    words = json.dumps(json_schema())
    assert "$defs" not in words
    assert "prefixItems" not in words
