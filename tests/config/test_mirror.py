from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import Loaded
from arena.config.present import render
from arena.model.mirror import Mirror

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]
TEXT = """
services:
  web:
    command: a
    routes:
      - {path: /a, mirror: {service: shadow}}
      - {path: /b, mirror: {service: shadow, percent: 7%, max_body_bytes: 1k, max_in_flight: 5}}
      - {path: /c}
  shadow: {command: b}
"""


def test_mirrors(load: Load) -> None:
    project = load(TEXT).project
    mirrors = [route.mirror for route in project.services[0].routes]
    assert mirrors == [Mirror("shadow"), Mirror("shadow", 7.0, 1024, 5), None]
    assert load(render(project, "yaml", show_secrets=True)).project == project


@pytest.mark.parametrize(
    ("mirror", "problem"),
    [
        ("{service: shadov}", "mirror.service: there is no service 'shadov'"),
        ("{}", "mirror.service: is missing"),
        ("{service: web, percent: 0%}", "should be a percentage above 0"),
        ("{service: web, percent: 101}", "should be a percentage above 0 and at most 100"),
        ("{service: web, percent: all}", "should be a percentage"),
        ("{service: web, max_in_flight: 0}", "max_in_flight"),
        ("{service: web, share: 1}", "share"),
    ],
)
def test_mistakes(problems: Problems, mirror: str, problem: str) -> None:
    (found,) = problems(f"services: {{web: {{command: x, routes: [{{path: /, mirror: {mirror}}}]}}}}")
    assert problem in found
