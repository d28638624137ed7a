from __future__ import annotations

from collections.abc import Callable

from arena.config import Loaded
from arena.config.present import render
from arena.model.cors import Cors

Load = Callable[..., Loaded]
TEXT = """
services:
  a:
    command: a
    routes:
      - {path: /a, cors: {origins: "*"}}
      - {path: /b, cors: {origins: [https://x, http://y:1], methods: GET, headers: [], expose: [A],
          credentials: true, max_age: 1000000.5}}
"""


def test_rules_are_read_and_read_back(load: Load) -> None:
    project = load(TEXT).project
    first, second = project.services[0].routes
    assert first.cors == Cors(("*",))
    assert second.cors == Cors(("https://x", "http://y:1"), ("GET",), (), ("A",), True, 1000000.5)
    assert load(render(project, "yaml")).project == project
