"""config.resilience: what arena.yaml says, what it means, and that it reads back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import Loaded
from arena.config.present import render
from arena.model.resilience import Retries

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{}", Retries()),
        ("{attempts: 1}", Retries(attempts=1)),
        ("{backoff: 100ms}", Retries(backoff=0.1, max_backoff=1.0)),
        ("{backoff: 100ms, max_backoff: 200ms}", Retries(backoff=0.1, max_backoff=0.2)),
        ("{per_try_timeout: 2s}", Retries(per_try_timeout=2.0, on=("connect", "reset", "timeout"))),
        ("{per_try_timeout: 2s, on: [connect]}", Retries(per_try_timeout=2.0, on=("connect",))),
        ("{on: []}", Retries(on=())),
        ("{on: connect}", Retries(on=("connect",))),
        ("{on: [503, reset, connect, 429, 503]}", Retries(statuses=(503, 429))),
    ],
)
def test_retries_of_a_service(load: Load, written: str, expected: Retries) -> None:
    project = load(f"services: {{a: {{command: run, traffic: {{retries: {written}}}}}}}").project
    assert project.services[0].traffic.retries == expected
    assert project.services[0].traffic.retry_budget == 0.2
    assert load(render(project, "yaml")).project == project


def test_a_route_differs_where_it_says_so(load: Load) -> None:
    project = load("""
        services:
          a:
            command: run
            traffic: {retries: {attempts: 4, on: [connect, 503], backoff: 50ms, budget: 10%}}
            routes:
              - {path: /a}
              - {path: /b, timeout: 1500ms, retries: {attempts: 2}}
              - {path: /c, retries: {per_try_timeout: 1s}}
              - {path: /d, retries: {on: [reset], backoff: 2s}}
        """).project
    (service,) = project.services
    assert service.traffic.retry_budget == 0.1
    base = Retries(attempts=4, on=("connect",), statuses=(503,), backoff=0.05, max_backoff=0.5)
    assert [(route.retries, route.timeout) for route in service.routes] == [
        (None, None),
        (Retries(attempts=2, on=("connect",), statuses=(503,), backoff=0.05, max_backoff=0.5), 1.5),
        (Retries(4, 1.0, 0.05, 0.5, ("connect", "timeout"), (503,)), None),
        (Retries(4, None, 2.0, 20.0, ("reset",), ()), None),
    ]
    assert service.traffic.retries == base
    assert load(render(project, "yaml")).project == project


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("attempts: 0", "at least 1"),
        ("attempts: 11", "at most 10"),
        ("backoff: 0s", "more than 0"),
        ("backoff: 1s, max_backoff: 500ms", "max_backoff that is shorter"),
        ("on: [refused]", "should be connect, reset, timeout"),
        ("on: [404]", "a status from 500 to 599"),
        ("budget: 0%", "more than 0"),
        ("budget: 150%", "at most 1"),
        ("num_retries: 3", "num_retries"),
    ],
)
def test_mistakes_have_a_place(problems: Problems, written: str, message: str) -> None:
    (problem,) = problems(f"services: {{a: {{command: run, traffic: {{retries: {{{written}}}}}}}}}")
    assert message in problem
    assert problem.startswith("1:")


def test_a_budget_is_the_services(problems: Problems) -> None:
    (problem,) = problems("services: {a: {command: run, routes: [{path: /a, retries: {budget: 10%}}]}}")
    assert "budget" in problem
