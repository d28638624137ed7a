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


def test_a_part_of_a_split_may_be_watched_too(load: Load) -> None:
    text = "services: {web: {command: x, routes: [{path: /, mirror: {service: v2}, split: [%s]}]}, v2: {command: x}}"
    load(text % "{service: web, weight: 1}, {service: v2, weight: 0}")


@pytest.mark.parametrize(
    ("mirror", "problem"),
    [
        ("{service: shadov}", "mirror.service: there is no service 'shadov'"),
        ("{}", "mirror.service: is missing"),
        ("{service: web}", "mirror.service: is web, which is asked already: every request would come to it twice"),
        ("{service: b, percent: 0%}", "should be a percentage above 0"),
        ("{service: b, percent: 101}", "should be a percentage above 0 and at most 100"),
        ("{service: b, percent: all}", "should be a percentage"),
        ("{service: b, max_in_flight: 0}", "max_in_flight"),
        ("{service: b, share: 1}", "share"),
    ],
)
def test_mistakes(problems: Problems, mirror: str, problem: str) -> None:
    (found,) = problems(
        f"services: {{web: {{command: x, routes: [{{path: /, mirror: {mirror}}}]}}, b: {{command: x}}}}"
    )
    assert problem in found
