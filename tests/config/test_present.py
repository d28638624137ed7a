from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from arena.config import Loaded
from arena.config.present import render
from arena.config.secrecy import MASK

Load = Callable[..., Loaded]
SECRET = "s3cr3t-" * 8

FULL = f"""
name: n
gateway:
  port: 9000
  auth: {{jwt: {{secret: {SECRET}, leeway: 1.5s, algorithms: [HS384, HS256]}}, api_keys: true}}
  rate_limits: [{{rate: 1000/h, by: route, on_store_error: deny}},
    {{rate: 1000/h, algorithm: fixed_window, name: hourly, enforce: false}},
    {{rate: 1.5/s, algorithm: sliding_log, by: "header:X-A"}}, {{rate: 7/d, algorithm: sliding_counter}}]
  timeouts: {{connect: 100ms}}
registry: {{ttl: 0.1}}
state: {{valkey: "redis://u:{SECRET}@h:1/2"}}
services:
  db: {{command: db, allow_from: [], restart: always, ports: ["81:81"], healthcheck: {{test: "pg $PORT $$HOME"}}}}
  ai:
    path: ai
    command: ["run", "${{PORT}}", "cost $$5", "null", "", "~", 1.10, "a: b", "é\\n\\t", --key, "{SECRET}", "--token={SECRET}"]
    environment: {{A: "$$x ${{PORT}}", API_KEY: {SECRET}, URL: "http://u:{SECRET}@h/", EMPTY: "", TRUE: "yes"}}
    depends_on: {{db: {{condition: service_healthy}}}}
    deploy: {{replicas: 1}}
    ports: [8101]
    routes:
      - {{path: /ai, roles: [user], rate_limits: []}}
      - {{path: /c, breaker: {{failures: 7, slow_after: 1s}}}}
      - {{path: /b, hosts: [x.y], methods: [GET], auth: none, first_byte_timeout: 1ms, max_body_bytes: 5}}
    metadata: {{version: 1.10, price: $$1, weight: 2}}
    allow_from: [db]
  cache: {{command: cache, healthcheck: {{tcp: true}}}}
  far: {{url: ["http://h:1", "https://i/base"], routes: [{{path: /far}}], healthcheck: {{tcp: 5432}}}}
  split: {{url: ["http://h:1", {{url: "http://h:2", weight: 3}}]}}
"""
OWN = "service: {port: 8001, health_check_interval: 9, rate_limits: {requests_per_minute: 7}}\nai: {model: m}\n"


@pytest.fixture
def loaded(load: Load, tmp_path: Path) -> Loaded:
    (tmp_path / "ai").mkdir()
    (tmp_path / "ai" / "service.yaml").write_text(OWN)
    return load(FULL)


def test_what_is_shown_reads_back_as_the_same_project(loaded: Loaded, load: Load) -> None:
    text = render(loaded.project, "yaml", show_secrets=True)
    assert load(text).project == loaded.project
    assert render(load(text).project, "yaml", show_secrets=True) == text


def test_json_is_the_same_document(loaded: Loaded) -> None:
    assert json.loads(render(loaded.project, "json")) == yaml.safe_load(render(loaded.project, "yaml"))


@pytest.mark.parametrize("fmt", ["yaml", "json"])
def test_secrets_are_masked_wherever_they_stand(loaded: Loaded, fmt: str) -> None:
    text = render(loaded.project, fmt)  # type: ignore[arg-type]  # a literal
    assert SECRET not in text
    assert text.count(MASK) == 6


def test_the_demo_reads_back(tmp_path: Path, load: Load) -> None:
    root = Path(__file__).resolve().parents[2]
    from arena.config import load as load_real

    project = load_real(directory=root, env={})
    copy = tmp_path / "arena.yaml"
    copy.write_text(render(project, "yaml", show_secrets=True).replace("path: services", f"path: {root}/services"))
    again = load_real([copy], env={})
    assert again.services == project.services
    assert again.gateway == project.gateway
