from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import Loaded
from arena.config.present import render
from arena.model.concurrency import Adaptive, ConcurrencyLimit

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]
TEXT = """
gateway: {max_connections: 500, max_connections_per_ip: 20, concurrency: [{max_in_flight: 10, by: principal}]}
services:
  web:
    command: a
    traffic: {concurrency: [{max_in_flight: 50, max_queue: 5, queue_timeout: 200ms}], max_connections: 8}
    routes:
      - {path: /b, concurrency: [{adaptive: {}, max_queue: 3}]}
      - path: /a
        concurrency: [{max_in_flight: 3, enforce: false}, {max_in_flight: 1, by: "header:X-Tenant"}]
"""


def test_every_place(load: Load) -> None:
    project = load(TEXT).project
    (service,) = project.services
    assert project.gateway.concurrency == (ConcurrencyLimit(10, "principal"),)
    assert (project.gateway.max_connections, project.gateway.max_connections_per_ip) == (500, 20)
    assert service.traffic.concurrency == (ConcurrencyLimit(50, "", 5, 0.2),)
    assert service.traffic.max_connections == 8
    assert service.routes[0].concurrency == (ConcurrencyLimit(0, max_queue=3, adaptive=Adaptive()),)
    assert service.routes[1].concurrency == (ConcurrencyLimit(3, enforce=False), ConcurrencyLimit(1, "header:x-tenant"))
    assert load(render(project, "yaml", show_secrets=True)).project == project


def test_nothing_is_limited_unless_the_file_says_so(load: Load) -> None:
    project = load("services: {web: {command: a, routes: [{path: /}]}}").project
    assert (project.gateway.concurrency, project.gateway.max_connections) == ((), None)
    assert (project.services[0].traffic.concurrency, project.services[0].traffic.max_connections) == ((), None)


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        ("[{max_in_flight: 0}]", "max_in_flight"),
        ("[{}]", "concurrency[0]: needs max_in_flight or adaptive"),
        ("[{max_in_flight: 1, adaptive: {}}]", "has both max_in_flight and adaptive"),
        ("[{adaptive: {}, by: ip}]", "has both by and adaptive"),
        ("[{adaptive: {min: 5, max: 4}}]", "has a min of 5 above its max of 4"),
        ("[{adaptive: true}]", "adaptive"),
        ("[{max_in_flight: 1, by: mood}]", "should be one of principal"),
        ("[{max_in_flight: 1, by: ip, max_queue: 1}]", "has both by and max_queue"),
        ("[{max_in_flight: 1, queue_timeout: 1s}]", "has a queue_timeout without a max_queue"),
        ("[{max_in_flight: 1, max_queue: 1, enforce: false}]", "enforce is false"),
        ("[{max_in_flight: 1, max_queue: 1, queue_timeout: 0s}]", "queue_timeout"),
        ("[{max_in_flight: 1}, {max_in_flight: 2}]", "has two limits without by"),
        ("[{max_in_flight: 1, by: ip}, {max_in_flight: 2, by: ip}]", "has two limits by ip"),
        ("[{max_in_fligt: 1, max_in_flight: 1}]", "max_in_fligt"),
        ("100", "concurrency"),
    ],
)
def test_mistakes(problems: Problems, limits: str, problem: str) -> None:
    (found,) = problems(f"services: {{web: {{command: x, routes: [{{path: /, concurrency: {limits}}}]}}}}")
    assert problem in found
