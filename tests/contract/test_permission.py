"""auth.permission: a real gateway says the same, of everything asked here."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from arena.auth import permission
from arena.gateway.view import View
from arena.model import page
from arena.model.access import Role, Rule
from arena.model.match import Condition
from arena.model.project import Project
from arena.model.route import Route
from arena.model.service import Service
from arena.model.split import Part, Split
from arena.model.transform import PathRewrite, Transform
from tests.gateway.conftest import start, stub
from tests.gateway.kit import Gateway, Start, Stub, bearer, connected, get

__all__ = ["start", "stub"]  # the fixtures of the gateway's room

ROLES = (
    Role("user", allow=(Rule.parse("web:GET:/items/**"),), deny=(Rule.parse("*:*:/items/x/**"),)),
    Role("admin", ("user",), allow=(Rule.parse("*:*:/**"),)),
    Role("chief", ("operator",)),
    Role("guest", deny=tuple(map(Rule.parse, ("v2:GET:/split/**", "loose:*:/x")))),
)
ROUTES = (
    Route("api", "web", "/api", strip_path=True, permissions=True),
    Route("api-post", "web", "/api", methods=("POST",), roles=("admin",)),
    Route("items", "web", "/items", roles=("user",)),
    Route("deep", "web", "/items/deep", methods=("GET",), hosts=("a.example",)),
    Route("wild", "web", "/items", hosts=("*.example",), roles=("chief",)),
    Route("open", "web", "/open", auth="none"),
    Route("any", "web", "/any"),
    Route("narrow", "web", "/any/narrow", roles=("admin",), match=(Condition("header", "x-c", value="1"),)),
    Route("when", "web", "/when", roles=("user",), match=(Condition("header", "x-c", value="1"),)),
    Route("split", "web", "/split", split=Split((Part("web", 1), Part("v2", 1)))),
    Route("moved", "web", "/moved", permissions=True, transform=Transform(path=PathRewrite("/items"))),
    Route("turned", "web", "/turned", transform=Transform(path=PathRewrite("/{b}/{a}", match="/turned/{a}/{b}"))),
)
SERVICES = (Service("web", routes=ROUTES), Service("v2"))
PROJECT = Project("p", "/", services=SERVICES, roles=ROLES)
REGISTERED = ("web", "v2", "loose")
PATHS = (
    *page.PAGES, "/health/", "/health;x", "/%68ealth", "/breakers/x",
    "/", "/nowhere", "/loose", "/loose/x", "/loose/items/x", "/loose;v", "/loose%2Fx", "/other/x", "/v2/x",
    "/api", "/api/items", "/api/items/1", "/api/items/x", "/api/other", "/api/items/%78", "/api//items/q/../x",
    "/api/items/x;v=1/2", "/api/a;b", "/api%2Fitems", "/api/..%2Fopen", "/api/items/%",
    "/items", "/items/x", "/items/deep", "/items/deep/1", "/items/deep;a", "/any", "/any;v=1", "/any/narrow", "/any/narrow;v",
    "/open", "/open/x", "/open/..;/any", "/open/../any", "/when", "/when/x", "/split", "/split/1", "/split/1;x",
    "/moved", "/moved/1", "/moved/x/1", "/turned/1/items", "/turned/x/items", "/turned/1",
)  # fmt: skip
CALLERS = ((), ("user",), ("admin",), ("chief",), ("guest",), ("operator",), ("guest", "user"), ("stranger",))


@pytest.fixture
async def gateway(start: Start, stub: Stub) -> Gateway:
    endpoints = [stub.endpoint(name, f"{name}-1") for name in REGISTERED]
    gateway = await start(*endpoints, routes=ROUTES)
    spec = replace(gateway.view.spec, roles=ROLES, services=tuple(each.name for each in SERVICES))
    gateway.view.use_spec(spec)
    return gateway


@pytest.mark.parametrize("host", ["x", "a.example", "b.a.example"])
async def test_the_gateway_says_the_same(gateway: Gateway, host: str) -> None:
    routes: list[str] = []
    async with connected(gateway) as client:
        for roles, method, path in product(CALLERS, ("GET", "DELETE", "POST"), PATHS):
            found = permission.explain(PROJECT, roles, method, path, host)
            there = not found.reason.startswith("should a service") or found.service in REGISTERED
            # Conditions are the client's to meet: where nothing else is found, meet them.
            met = b"X-C: 1\r\n" if found.route in ("narrow", "when") else b""
            request = get(path, bearer(*roles), met, method=method).replace(b"gw.example", host.encode())
            reply = await client.ask(request)
            asked = f"{method} {path} as {roles}: {reply.status} {reply.body!r:.200}, {found}"
            assert reply.status == 404 if not there else (reply.status == 200) is found.allowed, asked
            assert found.allowed or not there or reply.status in (400, 403, 404, 405), asked
            routes += [found.route] if reply.status == 200 and found.route else []
    assert [line["route"] for line in gateway.lines() if line["status"] == 200 and line["route"]] == routes


def test_every_page_is_known(gateway: Gateway) -> None:
    assert isinstance(gateway.view, View)
    assert {path.decode() for path in gateway.plane.table._pages} == set(page.PAGES)
