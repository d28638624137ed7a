"""config.cache: what arena.yaml says about kept replies, read and read back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import Loaded
from arena.config.present import render
from arena.model.cache import CacheRule, CacheSettings

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]
TEXT = """
gateway: {cache: {max_bytes: 8MB, store: state}}
state: {valkey: embedded}
services:
  a:
    command: a
    routes:
      - {path: /a, cache: {}}
      - {path: /b, cache: {ttl: 90s, max_body_bytes: 2k, vary: [X-Tenant, x-tenant, "x$$y"], stale_while_revalidate: 1m,
          stale_if_error: 1.5h, per: all, coalesce: true}}
      - {path: /c}
"""


def test_rules_are_read_and_read_back(load: Load) -> None:
    project = load(TEXT).project
    first, second, third = project.services[0].routes
    assert first.cache == CacheRule()
    assert second.cache == CacheRule(90.0, 2048, ("x-tenant", "x$y"), 60.0, 5400.0, "all", coalesce=True)
    assert third.cache is None
    assert project.gateway.cache == CacheSettings(8 * 1024 * 1024, "state")
    assert load(render(project, "yaml")).project == project


@pytest.mark.parametrize(
    ("state", "most", "refused"),
    [
        ("state: {valkey: embedded}", "65MB", True),
        ("", "65MB", True),
        ("state: {valkey: embedded}", "64MB", False),
        ("state: {valkey: redis://127.0.0.1}", "1GB", False),
    ],
)
def test_replies_leave_room_in_the_embedded_store(problems: Problems, state: str, most: str, refused: bool) -> None:
    text = f"""
gateway: {{workers: 2, cache: {{max_bytes: {most}, store: state}}}}
{state}
services: {{a: {{command: a}}}}
"""
    found = problems(text)
    assert any("gateway.cache.max_bytes" in one and "has room for" in one for one in found) is refused, found
