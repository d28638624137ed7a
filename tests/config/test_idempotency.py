"""config.idempotency: what arena.yaml says about keys, read and read back."""

from __future__ import annotations

from collections.abc import Callable

from arena.config import Loaded
from arena.config.present import render
from arena.model.idempotency import IdempotencyRule

Load = Callable[..., Loaded]
TEXT = """
services:
  a:
    command: a
    routes:
      - {path: /a, idempotency: {}}
      - {path: /b, idempotency: {ttl: 1h, header: X-Once, required: true, methods: [put, POST, put], max_reply_bytes: 1k,
          keep_errors: true, on_store_error: allow}}
      - {path: /c}
"""


def test_rules_are_read_and_read_back(load: Load) -> None:
    project = load(TEXT).project
    first, second, third = project.services[0].routes
    assert first.idempotency == IdempotencyRule()
    assert second.idempotency == IdempotencyRule(3600.0, "x-once", True, ("PUT", "POST"), 1024, True, "allow")
    assert third.idempotency is None
    assert load(render(project, "yaml")).project == project
