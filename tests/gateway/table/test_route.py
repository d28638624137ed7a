"""gateway.table.route: what a compiled route says of itself."""

from __future__ import annotations

import json

import pytest

from arena.gateway.stats import Stats
from arena.gateway.table.route import CompiledRoute, Service
from arena.model.route import Route
from arena.policy.retry import RetryBudget


def compiled(route: Route) -> CompiledRoute:
    service = Service(route.service, (), RetryBudget())
    return CompiledRoute(route, service, (), Stats().route(route.name, route.service), 1, 1.0)


@pytest.mark.parametrize(
    ("methods", "taken", "not_taken"),
    [
        ((), (b"GET", b"FLY"), ()),
        (("GET",), (b"GET", b"HEAD"), (b"POST", b"get")),
        (("POST",), (b"POST",), (b"GET", b"HEAD")),
    ],
)
def test_a_route_takes_its_methods_and_head_where_it_takes_get(
    methods: tuple[str, ...], taken: tuple[bytes, ...], not_taken: tuple[bytes, ...]
) -> None:
    route = compiled(Route("r", "s", "/", methods=methods))
    assert all(map(route.takes, taken))
    assert not any(map(route.takes, not_taken))


def test_its_part_of_the_log_is_json_whatever_it_is_called() -> None:
    part = compiled(Route('a "b"', "s\n", "/")).log_part
    assert json.loads(b'{"x":1' + part + b"}") == {"x": 1, "route": 'a "b"', "service": "s\n"}
