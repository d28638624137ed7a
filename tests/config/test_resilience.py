"""config.resilience: what arena.yaml says, what it means, and that it reads back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import Loaded
from arena.config.present import render
from arena.model.resilience import Fallback, Fault, Hedge, Retries

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
        ("budget: 150%", "should be a share such as 50%"),
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


TWO = """
services:
  spare: {{command: run}}
  a:
    command: run
    routes: [{{path: /a, {0}}}]
"""


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("fallback: {service: spare}", Fallback(service="spare")),
        ("fallback: {service: spare, on: [unavailable, 503]}", Fallback("spare", on=("unavailable",), statuses=(503,))),
        ("fallback: {body: sorry}", Fallback(body="sorry")),
        (
            "fallback: {status: 203, body: '{\"cost\": \"$$1\"}', content_type: application/json, headers: {X-A: 'b: $$'}}",
            Fallback(status=203, body='{"cost": "$1"}', content_type="application/json", headers=("X-A: b: $",)),
        ),
        ("fallback: {status: 204}", Fallback(status=204)),
    ],
)
def test_fallbacks(load: Load, written: str, expected: Fallback) -> None:
    project = load(TWO.format(written)).project
    assert project.services[1].routes[0].fallback == expected
    assert load(render(project, "yaml")).project == project


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("fault: {delay: 200ms}", Fault(delay=0.2)),
        ("fault: {abort: {status: 503, percent: 1}}", Fault(abort=503, abort_percent=1.0)),
        ("fault: {delay: {time: 1s, percent: 10%}}", Fault(delay=1.0, delay_percent=10.0)),
        ("fault: {abort: 503, header: X-Chaos}", Fault(abort=503, header="x-chaos")),
        (
            "fault: {abort: {status: 429, percent: 0.5}, delay: 2, header: 'X-Chaos: On'}",
            Fault(2.0, 100.0, 429, 0.5, "x-chaos: On"),
        ),
    ],
)
def test_faults(load: Load, written: str, expected: Fault) -> None:
    project = load(TWO.format(written)).project
    assert project.services[1].routes[0].fault == expected
    assert load(render(project, "yaml")).project == project


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("fallback: {}", "name a service, or a status and body"),
        ("fallback: {service: spare, body: x}", "names a service and body"),
        ("fallback: {service: a}", "is a itself"),
        ("fallback: {service: spear}", "there is no service 'spear'"),
        ("fallback: {body: x, on: [connect]}", "should be unavailable, failed or a status"),
        ("fallback: {body: x, on: []}", "should not be empty"),
        ("fallback: {body: x, content_type: 'a\\r\\nb'}", "should be a type such as"),
        ("fallback: {body: x, headers: {content-length: 1}}", "cannot name content-length"),
        ("fault: {}", "should have a delay or an abort"),
        ("fault: {delay: 0s}", "more than 0"),
        ("fault: {abort: 200}", "at least 400"),
        ("fault: {abort: {percent: 5%}}", "status"),
        ("fault: {abort: {status: 503, percent: 101}}", "should be a percentage above 0 and at most 100"),
        ("fault: {delay: {for: 1s, time: 1s}}", "for"),
        ("fault: {abort: 503, header: 'a b'}", "the name of a header"),
    ],
)
def test_mistakes_of_fallbacks_and_faults(problems: Problems, written: str, message: str) -> None:
    found = problems(TWO.format(written))
    assert len(found) == 1, found
    assert message in found[0]
    assert found[0].startswith("6:")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("hedge: 50ms", Hedge(after=0.05)),
        ("hedge: p95", Hedge(percentile=95)),
        ("hedge: {after: 2}", Hedge(after=2.0)),
        ("hedge: {after: P99}", Hedge(percentile=99)),
    ],
)
def test_hedges(load: Load, written: str, expected: Hedge) -> None:
    project = load(TWO.format(written)).project
    assert project.services[1].routes[0].hedge == expected
    assert load(render(project, "yaml")).project == project


@pytest.mark.parametrize("written", ["soon", "p5", "p100", "p49", "0s", "-1s"])
def test_mistakes_of_hedges(problems: Problems, written: str) -> None:
    (problem,) = problems(TWO.format(f"hedge: {{after: {written}}}"))
    assert problem.startswith("6:")


@pytest.mark.parametrize(
    ("route", "problem"),
    [
        ("{path: /a, hedge: 50ms, methods: [POST]}", "hedge: would do nothing: it is for GET and HEAD"),
        ("{path: /a, hedge: 50ms, retries: {attempts: 1}}", "hedge: would do nothing: retries.attempts is 1"),
        ("{path: /a, hedge: 2s, timeout: 1s}", "hedge: would do nothing: the route's timeout ends"),
        ("{path: /a, fallback: {status: 204, body: x}}", "fallback.body: cannot be sent with 204"),
    ],
)
def test_what_would_do_nothing_is_refused(problems: Problems, route: str, problem: str) -> None:
    (found,) = problems(f"services: {{a: {{command: a, routes: [{route}]}}}}")
    assert problem in found


@pytest.mark.parametrize(
    "route", ["{path: /a, hedge: p95, timeout: 1s}", "{path: /a, hedge: 50ms, methods: [GET, POST]}"]
)
def test_a_hedge_that_may_go_out(load: Load, route: str) -> None:
    assert load(f"services: {{a: {{command: a, routes: [{route}]}}}}").project.services[0].routes[0].hedge
