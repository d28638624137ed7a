from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import ConfigInvalid, Loaded
from arena.config.check import cycles, same_requests
from arena.model.project import Project
from arena.model.route import Route
from arena.model.service import Dependency, Service

Problems = Callable[..., list[str]]
Load = Callable[..., Loaded]


@pytest.mark.parametrize(
    ("services", "problem"),
    [
        ("{a: {command: x, depends_on: [a]}}", "1:41 services.a.depends_on.a: the services wait for each other: a → a"),
        (
            "{a: {command: x, depends_on: [b]}, b: {command: x, depends_on: [c]}, c: {command: x, depends_on: [a]}}",
            "services.a.depends_on.b: the services wait for each other: a → b → c → a",
        ),
        (
            "{a: {command: x, depends_on: [bb]}, bbb: {command: x}}",
            "services.a.depends_on.bb: there is no service 'bb'",
        ),
        ("{a: {command: x, depends_on: [gateway]}}", "gateway is Arena's own and always starts first"),
        (
            "{a: {command: x, depends_on: {b: {condition: service_healthy}}}, b: {command: x}}",
            "services.a.depends_on.b: waits for b to be healthy, but it has no healthcheck",
        ),
        (
            "{a: {command: x, depends_on: {b: {condition: service_completed_successfully}}}, b: {url: 'http://h'}}",
            "waits for b to complete, but it runs elsewhere",
        ),
        (
            "{a: {command: x, depends_on: {b: {condition: service_completed_successfully}}}, b: {command: x, restart: always}}",
            "waits for b to complete, but it is always restarted",
        ),
        (
            "{a: {command: x, depends_on: [b]}, b: {command: x, profiles: [ml, gpu]}}",
            "services.a.depends_on.b: needs b, which is not active: its profiles are ml, gpu",
        ),
        (
            "{worker: {command: x}, b: {command: x, allow_from: [worker, wroker]}}",
            "1:71 services.b.allow_from[1]: there is no service 'wroker'",
        ),
        ("{a: {command: x, allow_from: [gateway]}}", "what comes through it is always let in"),
        ("{a: {command: x, allow_from: [registry]}}", "services.a.allow_from[0]: registry is Arena's own"),
        (
            "{a: {command: x, allow_from: [b]}, b: {url: 'http://h'}}",
            "services.a.allow_from[0]: b runs elsewhere (url), so Arena gives it no token",
        ),
        (
            "{a: {url: 'http://h', depends_on: [b]}, b: {command: x}}",
            "services.a.depends_on: has no meaning for a service",
        ),
        ("{a: {command: x, ports: ['8000:8000']}}", "port 8000 is wanted by both gateway and a"),
        ("{a: {command: x, ports: ['8500:8500']}}", "port 8500 is wanted by both registry and a"),
        ("{a: {command: x, ports: ['81:81']}, b: {command: x, ports: ['81:81']}}", "port 81 is wanted by both a and b"),
        ("{gateway: {command: x}}", "1:12 services.gateway: 'gateway' is the name of one of Arena's own components"),
        ("{'a b': {command: x}}", "services.a b: is not a name for a service"),
        ("{../../x: {command: x}}", "is not a name for a service"),
        (
            "{a: {command: x, routes: [{path: /r}]}, b: {command: x, routes: [{path: /r/}]}}",
            "services.b.routes[0].path: the route /r of b matches the same requests as the route /r of a",
        ),
        ("{a: {command: x, routes: [{path: /r, name: n}, {path: /s, name: n}]}}", "is already called 'n'"),
        ("{a: {command: x, routes: [{path: /health}]}}", "/health is answered by the gateway itself"),
        ("{a: {command: x, routes: [{path: /r, auth: none, roles: [u]}]}}", "asks for roles on a public route"),
        ("{a: {command: x, routes: [{path: /r, roles: ['']}]}}", "holds a role that is empty or has spaces in it"),
        (
            "{a: {command: x, routes: [{path: /r, methods: [POST, HEAD], cache: {}}]}}",
            "1:71 services.a.routes[0].cache: has nothing to keep on this route",
        ),
        (
            "{a: {command: x, routes: [{path: /r, methods: [GET, PUT], idempotency: {}}]}}",
            "services.a.routes[0].idempotency: has nothing to do on this route",
        ),
        (
            "{a: {command: x, routes: [{path: /r, rate_limits: [{rate: 5/s, by: ip}, {rate: 5/s, by: ip, enforce: false}]}]}}",
            "services.a.routes[0].rate_limits[1]: is called ip-5-per-1s, as another limit here is",
        ),
        (
            "{a: {command: x, routes: [{path: /r, rate_limits: [{rate: 5/s, name: n}, {rate: 5/m, by: ip, name: n}]}]}}",
            "services.a.routes[0].rate_limits[1]: is called n, as another limit here is",
        ),
    ],
)
def test_mistakes(problems: Problems, services: str, problem: str) -> None:
    (found,) = problems(f"services: {services}")
    assert problem in found


def test_a_limit_with_a_mistake_in_it_is_not_taken_for_another(problems: Problems) -> None:
    found = problems("gateway: {rate_limits: [{rate: 5/s, by: moon}, {rate: 5/s, by: sun}, {rate: 5/s, name: 'a b'}]}")
    assert [each.split(": ")[0].rpartition(".")[2] for each in found] == ["by", "by", "name"]


def test_the_gateways_own_limits_are_told_apart_too(problems: Problems) -> None:
    (found,) = problems("gateway: {rate_limits: [{rate: 5/s}, {rate: 5/s, algorithm: fixed_window}]}")
    assert "gateway.rate_limits[1]: is called principal-5-per-1s, as another limit here is" in found


@pytest.mark.parametrize(
    "route", ["methods: [GET], cache: {}", "methods: [PUT], idempotency: {methods: PUT}", "idempotency: {}, cache: {}"]
)
def test_a_cache_and_keys_where_they_have_something_to_do(problems: Problems, route: str) -> None:
    assert problems(f"services: {{a: {{command: x, routes: [{{path: /r, {route}}}]}}}}") == []


def test_the_gateway_and_the_registry_cannot_share_a_port(problems: Problems) -> None:
    assert problems("gateway: {port: 8500}") == ["1:1 registry.port: port 8500 is wanted by both gateway and registry"]


def test_every_cycle_is_found_once() -> None:
    edges = {"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"], "e": ["a", "f"], "f": []}
    services = tuple(Service(name, depends_on=tuple(map(Dependency, others))) for name, others in edges.items())
    assert list(cycles(Project("p", "/", services=services))) == [("a", "b", "a"), ("c", "d", "c")]


def test_a_long_chain_is_no_cycle_and_no_recursion_problem() -> None:
    services = tuple(Service(f"s{n}", depends_on=(Dependency(f"s{n + 1}"),)) for n in range(300))
    assert list(cycles(Project("p", "/", services=services))) == []


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({}, {}, True),
        ({"hosts": ("a",)}, {"hosts": ("a", "b")}, True),
        ({"hosts": ("a",)}, {"hosts": ("b",)}, False),
        ({"hosts": ("a",)}, {}, False),  # the host makes it the more specific one
        ({"hosts": ("*.a",)}, {"hosts": ("b.a",)}, False),
        ({"hosts": ("*.a",)}, {"hosts": ("*.b.a",)}, False),
        ({"hosts": ("*.a",)}, {"hosts": ("c", "*.a")}, True),
        ({"methods": ("GET",)}, {"methods": ("POST",)}, False),
        ({"methods": ("GET",)}, {"methods": ("GET", "POST")}, True),
        ({"methods": ("GET",)}, {}, False),
    ],
)
def test_same_requests(first: dict[str, tuple[str, ...]], second: dict[str, tuple[str, ...]], same: bool) -> None:
    assert same_requests(Route("x", "s", "/p", **first), Route("y", "t", "/p", **second)) is same  # type: ignore[arg-type]  # table
    assert not same_requests(Route("x", "s", "/p"), Route("y", "t", "/q"))


def test_a_misspelt_key_is_told_once_and_not_again_as_its_consequence(problems: Problems) -> None:
    assert problems(
        "services: {a: {comand: x, depends_on: {b: {condition: service_healthy}}}, b: {command: x, helthcheck: {}}}"
    ) == [
        "1:16 services.a.comand: is not a key Arena knows",
        "1:91 services.b.helthcheck: is not a key Arena knows",
    ]


@pytest.mark.parametrize(
    ("route", "problem"),
    [
        ("path: /a, hosts: ['http://x']", "hosts[0]: should be a host name"),
        ("path: /a, methods: [FLY]", "methods[0]: should be"),
        ("path: /a, match: {headers: {x: {}}}", "match.headers.x: needs exact, prefix, regex or present"),
        ("path: a", "path: should"),
        ("name: '', path: /a", "name:"),
    ],
)
def test_what_was_wrong_makes_no_second_problem(problems: Problems, route: str, problem: str) -> None:
    told = problems(f"services: {{a: {{command: x, routes: [{{path: /a, name: a}}, {{{route}}}]}}}}")
    assert len(told) == 1 and problem in told[0], told


def test_who_may_call(load: Load) -> None:
    """Nobody, one that is not active today, a name by itself; and by default whoever likes."""
    text = "services: {{a: {{command: x, allow_from: {}}}, b: {{command: x, profiles: [ml]}}, c: {{command: x}}}}"
    cases = {"[]": (), "[b, c]": ("b", "c"), "c": ("c",), "": None, "[a]": ("a",)}
    for written, meant in cases.items():
        assert load(text.format(written)).project.services[0].allow_from == meant


def test_the_nearest_name_is_suggested(load: Load) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load("services: {worker: {command: x}, b: {command: x, allow_from: [wroker]}}")
    assert caught.value.problems[0].hint == "did you mean 'worker'?"
