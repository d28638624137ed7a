"""auth.permission: the explanation is the gateway's own decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.auth import permission
from arena.errors import UsageError
from arena.gateway.filters.permission import judge
from arena.gateway.stats import RouteStats
from arena.gateway.table.routing import CompiledRoute, Service, Table
from arena.model.access import Role, Rule
from arena.model.match import Condition
from arena.model.project import Project
from arena.model.route import Route
from arena.model.service import Service as Declared
from arena.model.transform import PathRewrite, Transform
from arena.policy.access import Access
from arena.policy.retry import RetryBudget
from arena.policy.rewrite import Rewriter, compile_rewrite

ROLES = (
    Role("user", allow=(Rule.parse("web:GET:/items/**"),), deny=(Rule.parse("*:*:/items/x/**"),)),
    Role("admin", ("user",), allow=(Rule.parse("*:*:/**"),)),
)
ROUTES = (
    Route("api", "web", "/api", strip_path=True, permissions=True),
    Route("api-post", "web", "/api", methods=("POST",), roles=("admin",)),
    Route("items", "web", "/items", roles=("user",)),
    Route("deep", "web", "/items/deep", methods=("GET",), hosts=("a.example",)),
    Route("below", "web", "/items", roles=("admin",), hosts=("*.example", "z.example")),
    Route("lower", "web", "/items", auth="none", hosts=("*.b.example",)),
    Route("open", "web", "/open", auth="none"),
    Route("any", "web", "/any"),
    Route("moved", "web", "/moved", permissions=True, transform=Transform(path=PathRewrite("/items"))),
    Route("turned", "web", "/turned", transform=Transform(path=PathRewrite("/{b}/{a}", match="/turned/{a}/{b}"))),
)
PROJECT = Project("p", "/", services=(Declared("web", routes=ROUTES),), roles=ROLES)


@pytest.mark.parametrize(
    ("roles", "asked", "allowed", "reason"),
    [
        (["user"], "GET /api/items/1", True, "the role user allows web:GET:/items/**"),
        (["admin"], "GET /api/items/x", False, "the role user denies *:*:/items/x/**"),
        (["user"], "GET /api/other", False, "no rule allows web:GET:/other"),
        (["user"], "POST /api/items", False, "the route needs the role admin"),
        (["admin"], "GET /items", True, "the role admin allows *:*:/**"),
        ([], "GET /any", True, "asks for no permission, and the caller is authenticated"),
        ([], "GET /open/x", True, "the route is public"),
        ([], "GET /nowhere", False, "no route takes this request"),
    ],
)
def test_explanations(roles: list[str], asked: str, allowed: bool, reason: str) -> None:
    found = permission.explain(PROJECT, roles, *asked.split())
    assert found.allowed is allowed and reason in found.reason


@pytest.mark.parametrize("path", ["x", "", "?x"])
def test_only_paths(path: str) -> None:
    with pytest.raises(UsageError, match="not a path"):
        permission.explain(PROJECT, [], "GET", path)


@pytest.mark.parametrize(
    ("path", "allowed", "reason"),
    [
        ("/api/items/%78", False, "the role user denies"),
        ("/api//items/q/../x", False, "the role user denies"),
        ("/api/items/x;v=1/2", False, "the role user denies"),
        ("/api/items/1?q=/../x", True, "allows"),
        ("/api/items/é", True, "allows"),
        ("/api/items/%", False, "the gateway refuses this path: a percent sign"),
        ("/open/..;/any", False, "the gateway refuses this path: a path parameter hides"),
        ("/any;v=1", False, "the gateway refuses this path: with and without its path parameters"),
        ("/api/a\\b", False, "the gateway refuses this path"),
        ("/moved/x/1", False, "the role user denies *:*:/items/x/**"),
        ("/moved/1", True, "the role user allows"),
        ("/turned/x/items", False, "the role user denies"),
    ],
)
def test_a_path_is_read_as_the_gateway_reads_it(path: str, allowed: bool, reason: str) -> None:
    found = permission.explain(PROJECT, ["user"], "GET", path)
    assert found.allowed is allowed and reason in found.reason


def test_a_route_with_conditions_is_not_the_answer_where_there_is_another() -> None:
    guarded = Route("if", "web", "/m", roles=("admin",), match=(Condition("header", "x-c", value="1"),))
    project = Project("p", "/", services=(Declared("web", routes=(guarded, Route("else", "web", "/m", auth="none"))),))
    assert permission.explain(project, [], "GET", "/m").route == "else"


_PATHS = st.lists(
    st.sampled_from(["api", "items", "deep", "x", "open", "any", "moved", "turned", "x;v", "..;", "%2F", "%78"]),
    max_size=4,
).map(lambda parts: "/" + "/".join(parts))


def rewriter(route: Route) -> Rewriter | None:
    return None if route.transform.path is None else compile_rewrite(route.transform.path)


@given(
    st.sets(st.sampled_from(["user", "admin", "none"])),
    st.sampled_from(["GET", "HEAD", "POST"]),
    _PATHS,
    st.sampled_from(["", "a.example", "b.example", "c.b.example", "d.c.b.example", "z.example", "example", "other"]),
)
def test_the_gateway_says_the_same(roles: set[str], method: str, path: str, host: str) -> None:
    stats = RouteStats("", "")
    compiled = [
        CompiledRoute(route, Service("web", (), RetryBudget()), (), stats, 0, 0.0, rewrite=rewriter(route))
        for route in ROUTES
    ]
    match = Table(compiled, {}, stats, stats).match(method.encode(), host.encode(), path.encode())
    found = permission.explain(PROJECT, roles, method, path, host)
    if match.route is None:
        assert found.allowed is False
        return
    route = match.route.route
    assert found.route == route.name
    refusal = judge(route, Access(ROLES), frozenset(roles), method, match.path)
    assert found.allowed is (route.auth == "none" or refusal is None)
