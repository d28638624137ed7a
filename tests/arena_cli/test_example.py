from __future__ import annotations

from dataclasses import replace

import pytest

from arena.model.access import Role, Rule
from arena.model.project import Project
from arena.model.route import Route
from arena.model.service import Service
from arena_cli.example import first_request

READER = Role("reader", allow=(Rule.parse("web:GET:/**"),))


def project(*services: Service) -> Project:
    return Project("demo", "/x", services=services)


def routed(name: str, path: str, **settings: object) -> Service:
    return Service(name, command=("x",), routes=(Route(name, name, path, **settings),))  # type: ignore[arg-type]


def test_a_service_that_makes_text_is_shown_first() -> None:
    found = first_request(project(routed("web", "/web"), routed("ai_service", "/ai_service/", roles=("user", "admin"))))
    assert found is not None
    assert (found.method, found.path, found.roles) == ("POST", "/ai_service/generate", ("user",))
    assert found.body == {"prompt": "Explain the Arena architecture", "max_tokens": 100, "temperature": 0.7}


def test_otherwise_the_first_route() -> None:
    found = first_request(project(Service("hidden", command=("x",)), routed("web", "/web"), routed("b", "/b")))
    assert found is not None and (found.method, found.path, found.body) == ("GET", "/web", None)


def test_the_method_is_one_the_route_takes() -> None:
    found = first_request(project(routed("web", "/web", methods=("put", "DELETE"))))
    assert found is not None and found.method == "PUT"
    only_get = first_request(project(routed("ai_service", "/ai", methods=("GET",))))
    assert only_get is not None and only_get.method == "GET" and only_get.body is None


@pytest.mark.parametrize(
    ("roles", "settings", "needed"),
    [
        ((Role("reader", allow=(Rule.parse("web:GET:/**"),)),), {}, ("reader",)),
        ((Role("none"), Role("clerk", allow=(Rule.parse("*:*:/**"),))), {"roles": ("user",)}, ("user", "clerk")),
        ((Role("none"),), {}, ()),
        ((Role("user", deny=(Rule.parse("*:*:/**"),)),), {"roles": ("user",)}, ("user",)),
    ],
)
def test_the_token_has_a_role_that_may_send_it(
    roles: tuple[Role, ...], settings: dict[str, object], needed: tuple[str, ...]
) -> None:
    found = first_request(replace(project(routed("web", "/web", permissions=True, **settings)), roles=roles))
    assert found is not None and found.roles == needed


@pytest.mark.parametrize(("hosts", "host"), [((), ""), (("a.org", "b.org"), "a.org"), (("*.a.org",), "www.a.org")])
def test_a_route_with_hosts_is_asked_by_name(hosts: tuple[str, ...], host: str) -> None:
    ruled = replace(project(routed("web", "/web", hosts=hosts, permissions=True)), roles=(READER,))
    found = first_request(ruled)
    assert found is not None and (found.host, found.roles) == (host, ("reader",))


def test_public_routes_need_no_token() -> None:
    found = first_request(project(routed("web", "/web", auth="none")))
    assert found is not None and found.public


def test_nothing_routed_nothing_to_try() -> None:
    assert first_request(project(Service("web", command=("x",)))) is None
